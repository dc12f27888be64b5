use std::time::Duration;

use tokio::time::Instant;

use super::*;

fn flight(bytes: u64, fills: usize) -> Arc<Flight> {
    let limits = Limits { flight_max_bytes: bytes, flight_max_fills: fills, ..Limits::default() };
    Arc::new(Flight::new(limits))
}

#[tokio::test(start_paused = true)]
async fn turns_come_in_order_as_others_land() {
    let flight = flight(100, 9);
    let mut first = flight.enter(90, TURN_WITHIN).await;
    let order = Arc::new(parking_lot::Mutex::new(Vec::new()));
    let mut waiting = tokio::task::JoinSet::new();
    for bytes in [80, 5] {
        let (entering, order) = (Arc::clone(&flight), Arc::clone(&order));
        waiting.spawn(async move {
            let share = entering.enter(bytes, TURN_WITHIN).await;
            order.lock().push(bytes);
            share
        });
        tokio::task::yield_now().await;
    }
    assert!(!flight.is_open());
    first.landed_up_to(21);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(order.lock().is_empty(), "the small one behind does not overtake");
    first.landed_up_to(10);
    let shares = waiting.join_all().await;
    assert_eq!((flight.load(), &**order.lock()), (Load { bytes: 95, fills: 3 }, &[80, 5][..]));
    drop((first, shares));
    assert_eq!((flight.load(), flight.is_open()), (Load::default(), true));
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_longer_than_a_node_would() {
    let flight = flight(10, 9);
    let _huge = flight.enter(1000, TURN_WITHIN).await;
    let began = Instant::now();
    let _next = flight.enter(1, TURN_WITHIN).await;
    assert_eq!((began.elapsed(), flight.load()), (TURN_WITHIN, Load { bytes: 1001, fills: 2 }));
}

#[tokio::test(start_paused = true)]
async fn the_number_of_fills_is_bounded_too() {
    let flight = flight(u64::MAX, 1);
    let only = flight.enter(1, TURN_WITHIN).await;
    assert!(!flight.is_open());
    drop(only);
    assert!(flight.is_open());
}
