use super::Ending;

#[test]
fn every_ending_has_a_code_that_browsers_understand_and_a_short_reason() {
    for ending in [Ending::Stopped, Ending::Revoked, Ending::Expired, Ending::Restarting] {
        let code = ending.code();
        assert!(code == 1012 || (4000..5000).contains(&code));
        assert!(ending.reason().len() <= 123);
    }
}
