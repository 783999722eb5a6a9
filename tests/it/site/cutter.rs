//! A network that does not hold: passes connections on to a deployment and cuts each after so many bytes.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;

/// A network in front of a server; dropped, it is gone.
pub struct Cutter {
    address: SocketAddr,
    cuts: Arc<AtomicU64>,
    task: AbortHandle,
}

impl Drop for Cutter {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Cutter {
    /// In front of the server on this port. A connection is cut after at most `most` bytes from the client; after `cuts` cuts the network is sound.
    pub async fn before(port: u16, most: u64, cuts: u64) -> Cutter {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let made = Arc::new(AtomicU64::new(0));
        let count = made.clone();
        let task = tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.unwrap();
                let count = count.clone();
                tokio::spawn(async move {
                    let Ok(server) = TcpStream::connect(("127.0.0.1", port)).await else { return };
                    let (mut from_client, mut to_client) = client.into_split();
                    let (mut from_server, mut to_server) = server.into_split();
                    let back = tokio::spawn(async move { tokio::io::copy(&mut from_server, &mut to_client).await });
                    let mut left = if count.load(Ordering::Relaxed) < cuts { rand::random_range(1 << 16..most) } else { u64::MAX };
                    let mut buffer = vec![0; 64 * 1024];
                    while let Ok(read @ 1..) = from_client.read(&mut buffer).await {
                        let passed = left.min(read as u64);
                        if to_server.write_all(&buffer[..passed as usize]).await.is_err() {
                            break;
                        }
                        left -= passed;
                        if left == 0 {
                            count.fetch_add(1, Ordering::Relaxed);
                            back.abort();
                            return;
                        }
                    }
                    let _ = to_server.shutdown().await;
                    let _ = back.await;
                });
            }
        });
        Cutter { address, cuts: made, task: task.abort_handle() }
    }

    pub fn address(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How many connections were cut.
    pub fn cuts(&self) -> u64 {
        self.cuts.load(Ordering::Relaxed)
    }
}
