//! Names of things: UUIDv7 newtypes, and the one source of new ones.

use crate::time::Clock;
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, uuid::Error> {
                Uuid::try_parse(text).map($name)
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                $name(id)
            }
        }
    )*};
}

ids! {
    /// A training provider (承训单位).
    ProviderId,
    /// A class (班次).
    ClassId,
    /// A lesson (课节) of a class.
    LessonId,
    /// A trainee on the roster of one class; the same human in another class is another trainee with the same person.
    TraineeId,
    /// A human, recognised across classes by the blind index of the ID number.
    PersonId,
    /// A piece of evidence.
    EvidenceId,
    /// A staged or sealed leaf of the log.
    LeafId,
    /// A job in the queue.
    JobId,
    /// A segment of the lake.
    SegmentId,
    /// A pack of the lake: the rows of many segments.
    PackId,
    /// One run of the credit calculation for a lesson.
    RunId,
    /// What a person said of who somebody is.
    ResolutionId,
    /// A person's request that something kept of them be corrected.
    CorrectionId,
    /// The registration of a platform's key.
    PlatformKeyId,
    /// The revocation of a platform's key.
    RevocationId,
    /// A signature kept with evidence.
    SignatureId,
    /// A decision on an opening application.
    DecisionId,
    /// A paper of a class.
    PaperId,
    /// A change of an approved plan.
    AmendmentId,
    /// A file of a list that another office keeps.
    ListId,
    /// A finding.
    FindingId,
    /// A case: what an investigator put together.
    CaseId,
    /// A step in the life of a case.
    CaseStepId,
    /// A certificate that a trainee obtained.
    CertificateId,
    /// Certificates entered at once.
    BatchId,
    /// Money paid in advance.
    PrepaymentId,
    /// A claim for the subsidy.
    ClaimId,
    /// A step in the life of a claim.
    ClaimEventId,
    /// An access token.
    TokenId,
    /// A resumable upload.
    UploadId,
    /// A webhook: an address that asked to be told.
    WebhookId,
    /// What a webhook is told; the `webhook-id` of its deliveries.
    MessageId,
    /// A person who logs in on the pages.
    UserId,
}

/// The source of new ids: UUIDv7, so they sort by time of creation.
#[derive(Clone, Debug)]
pub struct Ids {
    clock: Clock,
}

impl Ids {
    /// Ids stamped with the given clock.
    pub fn new(clock: Clock) -> Ids {
        Ids { clock }
    }

    /// A new id of the wanted kind.
    pub fn next<T: From<Uuid>>(&self) -> T {
        let micros = self.clock.now().0.max(0) as u64;
        let stamp = uuid::Timestamp::from_unix(uuid::ContextV7::new(), micros / 1_000_000, (micros % 1_000_000) as u32 * 1_000);
        T::from(Uuid::new_v7(stamp))
    }
}

/// Random bytes from the operating system, for keys, nonces and tokens: the one source of secrecy.
pub fn chance<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::TryRng::try_fill_bytes(&mut rand::rngs::SysRng, &mut bytes).expect("the operating system gives random bytes, or nothing is safe");
    bytes
}
