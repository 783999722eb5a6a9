//! An S3 service in this process (s3s-fs) with one bucket.

use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use s3s_fs::FileSystem;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub(crate) const ACCESS: &str = "test-access";
pub(crate) const SECRET: &str = "test-secret";
const NAME: &str = "evidence";

/// A bucket that goes when it is dropped.
pub(crate) struct Bucket {
    endpoint: String,
    folder: TempDir,
    accepting: JoinHandle<()>,
}

impl Drop for Bucket {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Bucket {
    pub(crate) async fn serve() -> Bucket {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join(NAME)).unwrap();
        let mut service = S3ServiceBuilder::new(FileSystem::new(folder.path()).unwrap());
        service.set_auth(SimpleAuth::from_single(ACCESS, SECRET));
        let service = service.build();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let accepting = tokio::spawn(async move {
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                let service = service.clone();
                tokio::spawn(async move { Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(socket), service).await.ok() });
            }
        });
        Bucket { endpoint, folder, accepting }
    }

    /// The address for keshi, with a folder for uploads under way.
    pub(crate) fn url(&self, spool: &Path) -> String {
        format!("s3://{NAME}/keshi?endpoint={}&region=us-east-1&path_style=1&spool={}", self.endpoint, spool.display())
    }

    /// Where the objects lie as files.
    pub(crate) fn objects(&self) -> PathBuf {
        self.folder.path().join(NAME).join("keshi")
    }
}
