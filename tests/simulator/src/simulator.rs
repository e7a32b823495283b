//! The door: starting the platform, setting it up, looking at it, ending it.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::Instant;

use crate::connection::{Site, serve};
use crate::distance::Distant;
use crate::platform::{Platform, lock};
use crate::proxy::tunnel;
use crate::shell;
use crate::time::{machine_ahead, real_clock};
use crate::{Call, FloodSent, Now, Visit, World};

/// A running platform; it ends when this is dropped.
pub struct Simulator {
    platform: Arc<Platform>,
    api: SocketAddr,
    proxy: SocketAddr,
    acceptors: Vec<JoinHandle<()>>,
}

impl Simulator {
    /// Starts it on two free loopback ports, with the standard world.
    #[must_use]
    pub fn start(now: Now) -> Self {
        Self::start_at(now, 0, 0)
    }

    /// Starts it with the machine's clock and calendar; log streams follow what they show.
    #[must_use]
    pub fn real_time() -> Self {
        Self::real_time_at(0, 0)
    }

    /// As [`Simulator::real_time`], on known ports; 0 stands for any.
    #[must_use]
    pub fn real_time_at(api_port: u16, proxy_port: u16) -> Self {
        let simulator = Self::start_at(real_clock(), api_port, proxy_port);
        simulator.with(|world| {
            world.quirks.follow_logs = true;
            world.quirks.ahead = machine_ahead();
        });
        simulator
    }

    /// As [`Simulator::start`], on known ports; 0 stands for any.
    #[must_use]
    pub fn start_at(now: Now, api_port: u16, proxy_port: u16) -> Self {
        let platform = Arc::new(Platform::new(now, World::standard()));
        let (api, api_thread) = listen(&platform, api_port, |platform, stream| {
            direct(platform, stream).unwrap_or_default();
        });
        let (proxy, proxy_thread) = listen(&platform, proxy_port, |platform, stream| {
            tunnel(platform, stream).unwrap_or_default();
        });
        Self {
            platform,
            api,
            proxy,
            acceptors: vec![api_thread, proxy_thread],
        }
    }

    /// Where the API is.
    #[must_use]
    pub fn api_url(&self) -> String {
        format!("http://{}/api", self.api)
    }

    /// Where the proxy is.
    #[must_use]
    pub fn proxy_url(&self) -> String {
        format!("http://{}", self.proxy)
    }

    /// The authority that signed every certificate which the proxy shows.
    #[must_use]
    pub fn ca_pem(&self) -> String {
        self.platform.authority.pem()
    }

    /// The certificate that the host shows behind the proxy.
    #[must_use]
    pub fn certificate_pem(&self, host: &str) -> String {
        let signer = self.with(|world| world.quirks.signer(host));
        self.platform.authority.certificate(host, signer)
    }

    /// Sets the world up, or looks at it. The simulator's door must not be used meanwhile.
    pub fn with<T>(&self, action: impl FnOnce(&mut World) -> T) -> T {
        action(&mut self.platform.world())
    }

    /// How many connections were made so far, to the API and to the proxy.
    #[must_use]
    pub fn connections(&self) -> u64 {
        self.platform.arrivals.load(Ordering::SeqCst)
    }

    /// How many clients are reading a log.
    #[must_use]
    pub fn open_streams(&self) -> u64 {
        self.platform.streams.load(Ordering::SeqCst)
    }

    /// How many of the streams of logs say nothing more before time passes or their clients go.
    #[must_use]
    pub fn resting_streams(&self) -> u64 {
        self.platform.resting.load(Ordering::SeqCst)
    }

    /// Every API request in order of arrival.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        lock(&self.platform.journal)
            .calls
            .iter()
            .map(|(call, _)| call.clone())
            .collect()
    }

    /// The requests other than GET in order of arrival, such as `POST /workspaces`; of a request
    /// that was redirected the one that came in the end.
    #[must_use]
    pub fn writes(&self) -> Vec<String> {
        let journal = lock(&self.platform.journal);
        let writes = journal
            .calls
            .iter()
            .map(|(call, _)| call)
            .filter(|call| call.is_write());
        writes
            .map(|call| format!("{} {}", call.method, call.path))
            .collect()
    }

    /// Asks an application without any socket.
    #[must_use]
    pub fn visit(&self, host: &str, path: &str) -> Visit {
        self.platform.visit_in_process(host, path)
    }

    /// Opens a connection to an application that lasts so many seconds, such as a slow request; one without an end is a
    /// web socket. Gives whether an application accepted it; the world's `open` tells what becomes of it.
    pub fn open(&self, host: &str, path: &str, seconds: f64) -> bool {
        self.with(|world| world.open(host, path, seconds))
    }

    /// Runs a command in a workspace: its output, and what it says of errors.
    ///
    /// # Panics
    /// When there is no such workspace.
    #[must_use]
    pub fn execute(&self, workspace: u64, command: &str) -> (String, String) {
        self.with(|world| {
            let workspace = world.workspaces.get_mut(&workspace);
            let workspace = workspace.expect("it is there");
            let ran = shell::run(workspace, command, world.now, &world.quirks);
            (ran.output, ran.error)
        })
    }

    /// Host, path and status of the application requests that came in over the proxy; the status is
    /// 0 where there was no whole answer.
    #[must_use]
    pub fn visits(&self) -> Vec<(String, String, u16)> {
        lock(&self.platform.journal).visits.clone()
    }

    /// The floods of output that log streams have carried to their end.
    #[must_use]
    pub fn floods(&self) -> Vec<FloodSent> {
        lock(&self.platform.journal).floods.clone()
    }

    /// What no good client does, as it was done.
    #[must_use]
    pub fn violations(&self) -> Vec<String> {
        self.with(|world| world.violations.clone())
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.platform.stopping.store(true, Ordering::SeqCst);
        for address in [self.api, self.proxy] {
            drop(TcpStream::connect(address));
        }
        for thread in self.acceptors.drain(..) {
            thread.join().unwrap_or_default();
        }
        self.platform.end_connections();
        if let Some(folder) = std::env::var_os("CODESPHERE_EXCHANGES")
            && self.with(|world| world.recorded)
        {
            let kept = lock(&self.platform.journal).keep(Path::new(&folder));
            assert!(
                kept.is_ok() || std::thread::panicking(),
                "exchanges are kept: {kept:?}"
            );
        }
    }
}

/// Serves one connection to the API on loopback.
fn direct(platform: &Platform, stream: TcpStream) -> std::io::Result<()> {
    let round_trip = platform.world().quirks.round_trip;
    if round_trip.is_zero() {
        serve(platform, stream, &Site::Loopback);
    } else {
        let stream = Distant::new(stream, round_trip, Instant::now() + round_trip)?;
        serve(platform, stream, &Site::Loopback);
    }
    Ok(())
}

/// Binds a port and hands every connection to a thread of its own.
fn listen(
    platform: &Arc<Platform>,
    port: u16,
    handle: fn(&Platform, TcpStream),
) -> (SocketAddr, JoinHandle<()>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).expect("the port is free");
    let address = listener
        .local_addr()
        .expect("a bound socket has an address");
    let platform = Arc::clone(platform);
    (
        address,
        std::thread::spawn(move || accept(&platform, &listener, handle)),
    )
}

fn accept(platform: &Arc<Platform>, listener: &TcpListener, handle: fn(&Platform, TcpStream)) {
    for stream in listener.incoming() {
        if platform.is_stopping() {
            return;
        }
        let Ok(stream) = stream else {
            continue;
        };
        stream.set_nodelay(true).unwrap_or_default();
        let id = platform.register(&stream);
        let platform = Arc::clone(platform);
        std::thread::spawn(move || {
            handle(&platform, stream);
            platform.forget(id);
        });
    }
}
