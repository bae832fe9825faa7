//! Another dialer as a process: it is told of the room on its standard input and answers on its standard output.

use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use roomsim::Policy;
use roomsim::protocol::{Answer, End, Message, Start, Step};

/// A process may take so long to end after the end of its input.
const GRACE: Duration = Duration::from_secs(2);

/// A shell command that is a dialer.
#[derive(Debug, Clone)]
pub(super) struct Against(String);

impl Against {
    pub(super) fn new(command: &str) -> Self {
        Self(command.to_owned())
    }

    pub(super) fn command(&self) -> &str {
        &self.0
    }

    /// Starts the process.
    pub(super) fn begin(&self) -> io::Result<Foreign> {
        let mut child =
            Command::new("sh").args(["-c", &self.0]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(io::Error::other("it has no standard input and output"));
        };
        Ok(Foreign {
            child,
            input: Some(BufWriter::new(input)),
            output: BufReader::new(output),
            line: String::new(),
        })
    }
}

/// The process.
pub(super) struct Foreign {
    child: Child,
    /// Until the process is to end.
    input: Option<BufWriter<ChildStdin>>,
    output: BufReader<ChildStdout>,
    line: String,
}

impl Foreign {
    fn tell(&mut self, message: &Message) -> io::Result<()> {
        let Some(input) = &mut self.input else { return Err(io::ErrorKind::BrokenPipe.into()) };
        serde_json::to_writer(&mut *input, message)?;
        input.write_all(b"\n")?;
        input.flush()
    }
}

impl Policy for Foreign {
    fn start(&mut self, start: &Start) -> io::Result<()> {
        self.tell(&Message::Start(start.clone()))
    }

    fn step(&mut self, step: &Step) -> io::Result<Answer> {
        self.tell(&Message::Step(step.clone()))?;
        self.line.clear();
        if self.output.read_line(&mut self.line)? == 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it ended without an answer"));
        }
        serde_json::from_str(&self.line)
            .map_err(|error| io::Error::other(format!("this is no answer: {}: {error}", self.line.trim())))
    }

    fn end(&mut self, end: &End) -> io::Result<()> {
        self.tell(&Message::End(*end))
    }
}

impl Drop for Foreign {
    fn drop(&mut self) {
        drop(self.input.take());
        let until = Instant::now() + GRACE;
        while let Ok(None) = self.child.try_wait()
            && Instant::now() < until
        {
            std::thread::sleep(Duration::from_millis(5));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
