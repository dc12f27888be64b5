//! Terminals: named sessions, each a program on a PTY, that outlive every connection and every part of ours outside.

mod clients;
mod frames;
mod input;
mod output;
mod pty;
mod ring;
mod session;
mod sessions;
mod size;
mod socket;
mod state;
mod tab;
mod upgrade;

pub(crate) use sessions::Terminals;
pub(crate) use upgrade::handle;

/// 128 random bits in hex: an incarnation, or a name that nobody has yet.
pub(crate) fn random_id() -> std::io::Result<String> {
    let mut bytes = [0_u8; 16];
    rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty())?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests;
