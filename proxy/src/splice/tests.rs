use tokio::io::{AsyncReadExt as _, DuplexStream, duplex};

use super::*;
use crate::websocket::Counted;

fn frames() -> Frames {
    Frames { to_machine: Observer::new(Counted::Data), to_visitor: Observer::new(Counted::Data) }
}

/// A splice between two pipes of `size` bytes, and their far ends: the visitor's and the machine's.
fn splice(size: usize, ahead: &[u8]) -> (Splice<DuplexStream, DuplexStream>, DuplexStream, DuplexStream) {
    let ((near_visitor, visitor), (near_machine, machine)) = (duplex(size), duplex(size));
    (Splice::new(near_visitor, near_machine, Bytes::copy_from_slice(ahead), Some(frames())), visitor, machine)
}

#[tokio::test]
async fn every_byte_passes_however_narrow_the_pipes_are() {
    for size in [1, 7, 4096] {
        let (mut splice, mut visitor, mut machine) = splice(size, b"");
        let bytes: Vec<u8> = (0..20_000_u32).map(|n| u8::try_from(n % 251).unwrap()).collect();
        let mut ignored = || {};
        let talk = async {
            let mut echoed = vec![0; bytes.len()];
            tokio::try_join!(visitor.write_all(&bytes), machine.read_exact(&mut echoed)).unwrap();
            assert_eq!(echoed, bytes);
            tokio::try_join!(machine.write_all(&bytes), visitor.read_exact(&mut echoed)).unwrap();
            assert_eq!(echoed, bytes);
            drop(machine);
        };
        let (side, ()) = tokio::join!(splice.run(&mut ignored), talk);
        assert_eq!(side.unwrap(), Side::Machine);
    }
}

#[tokio::test]
async fn a_waiting_direction_holds_nothing() {
    let (mut splice, mut visitor, mut machine) = splice(64 * 1024, b"early");
    let mut ignored = || {};
    let talk = async {
        let mut got = [0; 10];
        visitor.write_all(b"later").await.unwrap();
        machine.read_exact(&mut got).await.unwrap();
        assert_eq!(&got, b"earlylater");
    };
    tokio::select! { _ = splice.run(&mut ignored) => panic!("nobody ended"), () = talk => {} }
    assert!(splice.to_machine.pending.is_empty() && splice.to_visitor.pending.is_empty());
}

#[tokio::test]
async fn a_close_follows_the_frame_under_way() {
    let (mut splice, mut visitor, mut machine) = splice(4, b"");
    let mut ignored = || {};
    // Half of a binary frame of ten bytes is through when the end comes.
    machine.write_all(&[0x82, 10]).await.unwrap();
    let mut got = vec![0; 2];
    tokio::select! {
        _ = splice.run(&mut ignored) => panic!("nobody ended"),
        read = visitor.read_exact(&mut got) => { read.unwrap(); }
    }
    let rest = async {
        machine.write_all(&[7; 10]).await.unwrap();
        // The next frame is not for this visitor any more.
        let _ = machine.write_all(&[0x82, 1, 0]).await;
    };
    let read = async { visitor.read_to_end(&mut got).await.unwrap() };
    let (closed, _, ()) = tokio::join!(splice.close(4001, "bye"), read, rest);
    closed.unwrap();
    assert_eq!(got, [&[0x82, 10][..], &[7; 10], &[0x88, 5, 0x0f, 0xa1], b"bye"].concat());
}

#[tokio::test]
async fn after_the_machines_own_close_there_is_no_second_one() {
    let (mut splice, mut visitor, mut machine) = splice(64, b"");
    let mut ignored = || {};
    machine.write_all(&[0x88, 2, 3, 0xe8]).await.unwrap();
    drop(machine);
    assert_eq!(splice.run(&mut ignored).await.unwrap(), Side::Machine);
    splice.close(1001, "gone").await.unwrap();
    let mut got = Vec::new();
    visitor.read_to_end(&mut got).await.unwrap();
    assert_eq!(got, [0x88, 2, 3, 0xe8]);
}
