//! S3 services that tests start: s3s-fs in this process, and moto, which has versions and Object Lock, as a process of its own. The tests
//! of the whole program use them, too.

use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use s3s_fs::FileSystem;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub const ACCESS: &str = "test-access";
pub const SECRET: &str = "test-secret";

/// A server in this process that stops when it is dropped.
pub struct Server {
    pub endpoint: String,
    accepting: JoinHandle<()>,
    pub folder: TempDir,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Serves what `wrap` makes of a file system in a fresh folder.
pub async fn serve<S: s3s::S3>(wrap: impl FnOnce(FileSystem) -> S) -> Server {
    let folder = TempDir::new().unwrap();
    let mut service = S3ServiceBuilder::new(wrap(FileSystem::new(folder.path()).unwrap()));
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
    Server { endpoint, accepting, folder }
}

/// A moto server in a process of its own, killed when it is dropped.
pub struct Moto {
    process: Child,
    pub endpoint: String,
}

impl Drop for Moto {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

pub async fn moto() -> Moto {
    let program = std::env::var_os("KESHI_TEST_MOTO")
        .expect("KESHI_TEST_MOTO does not name moto_server, which these tests need for Object Lock: run `make test`, which installs it");
    // The port is free again when the listener is dropped; moto has no way to be given a listener.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut command = Command::new(program);
    command.args(["-H", "127.0.0.1", "-p", &port.to_string()]).stdout(Stdio::null()).stderr(Stdio::null());
    let moto = Moto {
        process: command.spawn().expect("KESHI_TEST_MOTO names a program that can be run"),
        endpoint: format!("http://127.0.0.1:{port}"),
    };
    for _ in 0..600 {
        if tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
            return moto;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("moto does not listen after a minute");
}
