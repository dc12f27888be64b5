//! Whether a home is made and mounted.

use domain::check::Check;

use super::{Doctor, images};

const NAME: &str = "storage";

pub(super) async fn check(doctor: &Doctor) -> Check {
    let class = doctor.config.storage_class.as_deref();
    let named =
        class.map_or_else(|| "the cluster's default class".to_owned(), |class| format!("the class {class}"));
    match doctor.trial.machine(doctor, "home", &doctor.config.agent_image, true).await {
        Ok(made) => {
            Check::good(NAME, format!("a home of {named} is mounted after {:.1} s", made.took.as_secs_f64()))
        }
        Err(unmade) if unmade.cause == Some(domain::cause::Code::VolumeUnavailable) => {
            let remedy = "name a storage class that there is in kubernetes.storage_class (kubectl get storageclasses), or \
                mark one as the default; its provisioner must run and allow kubernetes.home_access_mode";
            Check::bad(NAME, format!("no home of {named}: {}", unmade.words), remedy)
        }
        Err(unmade) => Check::bad(
            NAME,
            format!("no machine with a home of {named}: {}", unmade.words),
            images::remedy(unmade.cause),
        ),
    }
}
