//! A way to a server that is cut between two answers.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use polity_tests::engines::Postgres;
use tempfile::TempDir;

/// A socket in a folder of its own, behind which a server answers until it has answered so often.
pub struct Wire {
    folder: TempDir,
    inner: Arc<Inner>,
}

struct Inner {
    server: PathBuf,
    most: usize,
    answers: AtomicUsize,
    is_cut: AtomicBool,
    open: Mutex<Vec<UnixStream>>,
    /// Runs before the wire is cut.
    last: Box<dyn Fn() + Send + Sync>,
}

/// The name that clients look for in the folder.
const SOCKET: &str = ".s.PGSQL.5432";

impl Wire {
    /// Lays a wire that is cut in place of the answer of this number.
    pub fn to(server: &Postgres, most: usize, last: impl Fn() + Send + Sync + 'static) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let listener = UnixListener::bind(folder.path().join(SOCKET)).expect("nobody listens there");
        let inner = Arc::new(Inner {
            server: server.folder().join(SOCKET),
            most,
            answers: AtomicUsize::new(0),
            is_cut: AtomicBool::new(false),
            open: Mutex::default(),
            last: Box::new(last),
        });
        let shared = Arc::clone(&inner);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if shared.is_cut.load(Ordering::SeqCst) {
                    return;
                }
                shared.connect(client);
            }
        });
        Self { folder, inner }
    }

    /// The URL of a database behind the wire.
    pub fn url(&self, database: &str) -> String {
        let folder = self.folder.path().display().to_string().replace('/', "%2F");
        format!("postgres://postgres@{folder}/{database}")
    }

    /// How often the server has answered.
    pub fn answers(&self) -> usize {
        self.inner.answers.load(Ordering::SeqCst)
    }

    pub fn is_cut(&self) -> bool {
        self.inner.is_cut.load(Ordering::SeqCst)
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.inner.cut();
        // Ends the thread that listens.
        let _ = UnixStream::connect(self.folder.path().join(SOCKET));
    }
}

impl Inner {
    fn connect(self: &Arc<Self>, client: UnixStream) {
        let Ok(server) = UnixStream::connect(&self.server) else { return };
        let twice = |stream: &UnixStream| stream.try_clone().expect("a handle");
        self.open.lock().expect("nobody panics").extend([twice(&client), twice(&server)]);
        let (mut asks, mut is_asked) = (twice(&client), twice(&server));
        thread::spawn(move || {
            let _ = std::io::copy(&mut asks, &mut is_asked);
            let _ = is_asked.shutdown(Shutdown::Write);
        });
        let inner = Arc::clone(self);
        thread::spawn(move || inner.answer(server, client));
    }

    /// Hands on what the server says, message by message (PostgreSQL, "Message Formats"): with `C` a statement has ended, and it is
    /// ready for the next with `Z`.
    fn answer(&self, mut server: UnixStream, mut client: UnixStream) {
        let mut head = [0; 5];
        let mut has_run = false;
        while server.read_exact(&mut head).is_ok() {
            let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize;
            let mut body = vec![0; length - 4];
            if server.read_exact(&mut body).is_err() {
                break;
            }
            has_run |= head[0] == b'C';
            let is_answer = head[0] == b'Z' && std::mem::take(&mut has_run);
            if is_answer && self.answers.fetch_add(1, Ordering::SeqCst) + 1 == self.most {
                (self.last)();
                self.cut();
            }
            if self.is_cut.load(Ordering::SeqCst) || client.write_all(&[&head[..], &body].concat()).is_err() {
                break;
            }
        }
        let _ = client.shutdown(Shutdown::Both);
    }

    fn cut(&self) {
        self.is_cut.store(true, Ordering::SeqCst);
        for stream in self.open.lock().expect("nobody panics").drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}
