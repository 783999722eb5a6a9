//! Buckets for deployments of tests.

use super::services::{ACCESS, Moto, Server, moto, serve};
use std::path::{Path, PathBuf};

const NAME: &str = "evidence";

/// A bucket that goes when it is dropped.
pub enum Bucket {
    /// On s3s-fs in this process: objects can be seen and spoilt as files.
    Plain(Server),
    /// On moto: with versions and Object Lock.
    Locking(Moto),
}

impl Bucket {
    pub async fn plain() -> Bucket {
        let server = serve(|files| files).await;
        std::fs::create_dir(server.folder.path().join(NAME)).unwrap();
        Bucket::Plain(server)
    }

    pub async fn locking() -> Bucket {
        let moto = moto().await;
        let made = super::client().put(format!("{}/{NAME}", moto.endpoint)).header("x-amz-bucket-object-lock-enabled", "true");
        assert!(made.send().await.unwrap().status().is_success());
        Bucket::Locking(moto)
    }

    fn endpoint(&self) -> &str {
        match self {
            Bucket::Plain(server) => &server.endpoint,
            Bucket::Locking(moto) => &moto.endpoint,
        }
    }

    /// The address for keshi, with a folder for uploads under way.
    pub fn url(&self, spool: &Path) -> String {
        let lock = if matches!(self, Bucket::Locking(_)) { "&lock=1" } else { "" };
        format!("s3://{NAME}/keshi?endpoint={}&region=us-east-1&path_style=1&spool={}{lock}", self.endpoint(), spool.display())
    }

    /// Where the objects lie as files.
    pub fn objects(&self) -> PathBuf {
        match self {
            Bucket::Plain(server) => server.folder.path().join(NAME).join("keshi"),
            Bucket::Locking(_) => panic!("moto keeps objects in memory"),
        }
    }

    /// How an object is locked, as the service says it: the mode, and until when.
    pub async fn lock(&self, digest: &str) -> Option<(String, String)> {
        let place = format!("{}/{NAME}/keshi/sha256/{}/{}/{digest}", self.endpoint(), &digest[..2], &digest[2..4]);
        // moto wants somebody to ask, and does not check the signature.
        let asker = format!("AWS4-HMAC-SHA256 Credential={ACCESS}/20200303/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0");
        let answer = super::client().get(place).header("authorization", asker).send().await.unwrap();
        let header = |name: &str| Some(answer.headers().get(name)?.to_str().unwrap().to_owned());
        Some((header("x-amz-object-lock-mode")?, header("x-amz-object-lock-retain-until-date")?))
    }
}
