//! Some files on a port of this machine, for a page that posts one report.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

/// What is served: a path, the kind of its text, the bytes.
pub(crate) type File = (&'static str, &'static str, Vec<u8>);

/// A page, served until it is dropped.
pub(crate) struct PageServer {
    listener: TcpListener,
    files: Arc<Vec<File>>,
    sender: Sender<Report>,
    receiver: Receiver<Report>,
}

/// What the page posted.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Report {
    /// Where to.
    pub(crate) path: String,
    pub(crate) words: String,
}

/// Bytes of a request's head, and of a report.
const MOST: usize = 1 << 16;

impl PageServer {
    /// Takes a free port.
    pub(crate) fn new(files: Vec<File>) -> Result<Self, String> {
        let fail = |error| format!("no port for a page: {error}");
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(fail)?;
        // whoever waits for the report has other things to look after
        listener.set_nonblocking(true).map_err(fail)?;
        let (sender, receiver) = channel();
        Ok(Self {
            listener,
            files: Arc::new(files),
            sender,
            receiver,
        })
    }

    /// Where it is.
    pub(crate) fn address(&self) -> Result<SocketAddr, String> {
        let address = self.listener.local_addr();
        address.map_err(|error| format!("a page without an address: {error}"))
    }

    /// Answers whoever has asked meanwhile, each on a thread of its own since a browser opens connections
    /// ahead of need; the report, once it is there.
    pub(crate) fn answer(&self) -> Option<Report> {
        while let Ok((stream, _)) = self.listener.accept() {
            let (files, sender) = (Arc::clone(&self.files), self.sender.clone());
            std::thread::spawn(move || {
                // one that hangs up is of no interest
                let _ = serve(stream, &files, &sender);
            });
        }
        self.receiver.try_recv().ok()
    }
}

/// One request and its answer.
fn serve(mut stream: TcpStream, files: &[File], to: &Sender<Report>) -> std::io::Result<()> {
    stream.set_nonblocking(false)?;
    let mut bytes = Vec::new();
    let request = loop {
        let mut some = [0; 4096];
        let count = stream.read(&mut some)?;
        bytes.extend_from_slice(&some[..count]);
        match Request::parse(&bytes) {
            Parsed::Whole(request) => break Some(request),
            Parsed::Partial if count > 0 => {}
            Parsed::Partial | Parsed::Malformed => break None,
        }
    };
    let (status, kind, body) = match &request {
        Some(Request::Get(path)) => match files.iter().find(|file| file.0 == path) {
            Some((_, kind, bytes)) => ("200 OK", *kind, &bytes[..]),
            None => ("404 Not Found", "text/plain", &b"no such file"[..]),
        },
        Some(Request::Post(_)) => ("200 OK", "text/plain", &b""[..]),
        None => ("400 Bad Request", "text/plain", &b"GET or POST"[..]),
    };
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\
         Cache-Control: no-store\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(body)?;
    stream.flush()?;
    if let Some(Request::Post(report)) = request {
        // nobody waits any more: then it is too late
        let _ = to.send(report);
    }
    Ok(())
}

/// What a page asks for.
#[derive(Debug, PartialEq, Eq)]
enum Request {
    /// A path. It is compared with those served, and never names a file of the disk.
    Get(String),
    Post(Report),
}

/// How far the bytes of a request have come.
#[derive(Debug, PartialEq, Eq)]
enum Parsed {
    Whole(Request),
    Partial,
    Malformed,
}

impl Request {
    fn parse(bytes: &[u8]) -> Parsed {
        let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
            return if bytes.len() <= MOST {
                Parsed::Partial
            } else {
                Parsed::Malformed
            };
        };
        let Ok(head) = std::str::from_utf8(&bytes[..end]) else {
            return Parsed::Malformed;
        };
        let mut lines = head.split("\r\n");
        let words: Vec<&str> = lines.next().unwrap_or_default().split(' ').collect();
        match words[..] {
            ["GET", path, "HTTP/1.1"] => Parsed::Whole(Self::Get(path.to_owned())),
            ["POST", path, "HTTP/1.1"] => {
                let length = lines.filter_map(|line| line.split_once(':'));
                let mut length =
                    length.filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
                let length = length
                    .next()
                    .and_then(|(_, value)| value.trim().parse().ok());
                let body = &bytes[end + 4..];
                match length {
                    Some(length) if length <= MOST && body.len() < length => Parsed::Partial,
                    Some(length) if length <= MOST => Parsed::Whole(Self::Post(Report {
                        path: path.to_owned(),
                        words: String::from_utf8_lossy(&body[..length]).into_owned(),
                    })),
                    _ => Parsed::Malformed,
                }
            }
            _ => Parsed::Malformed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parse_reads_a_request_once_it_is_whole() {
        let get = b"GET /a.js HTTP/1.1\r\nHost: x\r\n\r\n";
        let wanted = Request::Get("/a.js".into());
        assert_eq!(Request::parse(get), Parsed::Whole(wanted));
        let post = b"POST /ok HTTP/1.1\r\nHost: x\r\ncontent-Length: 5\r\n\r\n1 ok\n";
        let wanted = Request::Post(Report {
            path: "/ok".into(),
            words: "1 ok\n".into(),
        });
        assert_eq!(Request::parse(post), Parsed::Whole(wanted));
        for length in 0..post.len() {
            assert_eq!(Request::parse(&post[..length]), Parsed::Partial, "{length}");
        }
    }

    #[test]
    fn parse_what_is_no_request_is_malformed() {
        let endless = vec![b'a'; MOST + 1];
        for bytes in [
            &b"DELETE /ok HTTP/1.1\r\n\r\n"[..],
            b"GET /\r\n\r\n",
            b"GET / a HTTP/1.1\r\n\r\n",
            b"\xff\xfe\r\n\r\n",
            b"\r\n\r\n",
            b"POST /ok HTTP/1.1\r\n\r\n",
            b"POST /ok HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
            b"POST /ok HTTP/1.1\r\nContent-Length: 65537\r\n\r\n",
            &endless,
        ] {
            let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(80)]);
            assert_eq!(Request::parse(bytes), Parsed::Malformed, "{shown}");
        }
    }

    /// What a server of one file answers.
    fn ask(request: &str) -> (String, Option<Report>) {
        let file = ("/", "text/html", b"<p>".to_vec());
        let server = PageServer::new(vec![file]).unwrap();
        let mut stream = TcpStream::connect(server.address().unwrap()).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        stream.set_nonblocking(true).unwrap();
        let (mut answer, mut report) = (Vec::new(), None);
        loop {
            report = report.or(server.answer());
            let mut some = [0; 512];
            match stream.read(&mut some) {
                Ok(0) => break,
                Ok(count) => answer.extend_from_slice(&some[..count]),
                Err(_) => std::thread::yield_now(),
            }
        }
        // the report follows the answer
        while request.starts_with("POST") && report.is_none() {
            report = server.answer();
        }
        (String::from_utf8(answer).unwrap(), report)
    }

    #[test]
    fn server_hands_out_its_files_and_no_other() {
        let (answer, report) = ask("GET / HTTP/1.1\r\n\r\n");
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        assert!(answer.contains("Content-Type: text/html\r\n"), "{answer}");
        assert!(answer.ends_with("\r\n\r\n<p>"), "{answer}");
        assert_eq!(report, None);
        for path in [
            "/Cargo.toml",
            "/../Cargo.toml",
            "/%2e%2e/Cargo.toml",
            "//",
            "/etc/passwd",
        ] {
            let (answer, _) = ask(&format!("GET {path} HTTP/1.1\r\n\r\n"));
            assert!(answer.starts_with("HTTP/1.1 404"), "{path}: {answer}");
        }
        let (answer, _) = ask("HEAD / HTTP/1.1\r\n\r\n");
        assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    }

    #[test]
    fn server_hands_the_report_on() {
        let (answer, report) = ask("POST /ok HTTP/1.1\r\nContent-Length: 2\r\n\r\nab");
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        let wanted = Report {
            path: "/ok".into(),
            words: "ab".into(),
        };
        assert_eq!(report, Some(wanted));
    }
}
