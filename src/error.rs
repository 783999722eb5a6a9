//! One error type: a stable code, a public sentence that tells the reader what to do, and a private cause.
//!
//! Only `web/problem.rs` knows how a [`Kind`] becomes an HTTP status; only `cli/` knows how it becomes an exit code.

use serde::Serialize;
use std::fmt;

/// What sort of thing went wrong; decides the HTTP status and nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The request makes no sense as written.
    Invalid,
    /// Nobody is known by the token or session given, or none was given.
    Unauthenticated,
    /// The asker is known but may not.
    Forbidden,
    /// There is no such thing, or the asker may not know of it.
    NotFound,
    /// It contradicts what is already there.
    Conflict,
    /// It is larger than allowed.
    TooLarge,
    /// It was understood and its content is at fault.
    Unprocessable,
    /// Asked too often.
    TooMany,
    /// Something keshi depends on does not answer.
    Unavailable,
    /// A fault of keshi.
    Internal,
}

/// One row of a file or list that is at fault. Never carries personal data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
pub struct RowError {
    /// 1-based row in the file as a person sees it (the header counts), or 1-based position in a list.
    pub row: u64,
    /// Stable code.
    pub code: String,
    /// What is wrong, in which column, and what to do.
    pub message: String,
}

/// What went wrong. `Display` is the public sentence; the cause is for the log alone.
#[derive(Debug)]
pub struct Error {
    /// Sort of error.
    pub kind: Kind,
    /// Stable code, listed in docs/ERRORS.md.
    pub code: &'static str,
    /// What happened and what to do, without personal data or internals.
    pub message: String,
    /// Single rows at fault.
    pub rows: Vec<RowError>,
    /// What else the answer says, by name: the `gaps` of a claim.
    pub more: Vec<(&'static str, serde_json::Value)>,
    /// The private cause, for the log.
    pub cause: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// A result with keshi's error.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error with a code from the catalogue in [`codes`] and its own sentence.
    pub fn new(code: &Code, message: impl Into<String>) -> Error {
        Error { kind: code.kind, code: code.name, message: message.into(), rows: Vec::new(), more: Vec::new(), cause: None }
    }

    /// An error with the catalogue's own sentence.
    pub fn of(code: &Code) -> Error {
        Error::new(code, code.help)
    }

    /// The same with the private cause kept for the log.
    pub fn because(mut self, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
        self.cause = Some(cause.into());
        self
    }

    /// The same with rows at fault.
    pub fn with_rows(mut self, rows: Vec<RowError>) -> Error {
        self.rows = rows;
        self
    }

    /// The same with something more for the answer to say.
    pub fn with(mut self, name: &'static str, value: serde_json::Value) -> Error {
        self.more.push((name, value));
        self
    }

    /// The same for another who waited for the same thing.
    pub fn again(&self) -> Error {
        let cause = self.cause.as_ref().map(|cause| format!("{cause:?}").into());
        Error { kind: self.kind, code: self.code, message: self.message.clone(), rows: self.rows.clone(), more: self.more.clone(), cause }
    }

    /// A fault of keshi, with its private cause.
    pub fn internal(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
        Error::of(&codes::INTERNAL).because(cause)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.cause.as_deref().map(|cause| cause as &(dyn std::error::Error + 'static))
    }
}

impl From<sqlx::Error> for Error {
    fn from(cause: sqlx::Error) -> Error {
        match cause {
            sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_) => Error::of(&codes::DATABASE_AWAY).because(cause),
            cause => Error::internal(cause),
        }
    }
}

impl From<std::io::Error> for Error {
    fn from(cause: std::io::Error) -> Error {
        Error::internal(cause)
    }
}

impl From<serde_json::Error> for Error {
    fn from(cause: serde_json::Error) -> Error {
        Error::internal(cause)
    }
}

/// A row of the error catalogue.
#[derive(Debug)]
pub struct Code {
    /// The stable code.
    pub name: &'static str,
    /// What sort of error it is.
    pub kind: Kind,
    /// The sentence shown when no better one is at hand, and in docs/ERRORS.md.
    pub help: &'static str,
}

/// Every code that outside clients can meet; docs/ERRORS.md is made from [`codes::ALL`].
pub mod codes {
    use super::{Code, Kind};

    macro_rules! codes {
        ($($name:ident = $text:literal, $kind:ident, $help:literal;)*) => {
            $(#[doc = concat!("`", $text, "`")] pub const $name: Code = Code { name: $text, kind: Kind::$kind, help: $help };)*
            /// The whole catalogue.
            pub const ALL: &[&Code] = &[$(&$name),*];
        };
    }

    codes! {
        INTERNAL = "internal", Internal, "Something went wrong inside keshi; nothing already kept was changed. Try again, and tell the operator if it stays.";
        DATABASE_AWAY = "database_away", Unavailable, "The database does not answer; nothing was lost. Try again in a moment.";
        STORAGE_AWAY = "storage_away", Unavailable, "The object storage does not answer; nothing was acknowledged. Try again in a moment.";
        BUSY = "busy", TooMany, "Too many requests at once; wait as long as Retry-After says and try again.";
        NOT_FOUND = "not_found", NotFound, "There is nothing under this address, or you may not see it; check the id.";
        METHOD = "method_not_allowed", Invalid, "This address does not take that method; see /docs.";
        UNAUTHENTICATED = "unauthenticated", Unauthenticated, "Send a valid token as 'Authorization: Bearer …', or log in.";
        FORBIDDEN = "forbidden", Forbidden, "This token or login may not do that; ask the operator for one with the right role.";
        INVALID = "invalid", Invalid, "The request could not be understood; see /docs for its shape.";
        INVALID_ID = "invalid_id", Invalid, "An id is a UUID, or your own id as ext:<id>.";
        INVALID_TIME = "invalid_time", Invalid, "A time is RFC 3339 with offset, such as 2020-03-03T09:00:00+08:00.";
        UNKNOWN_PLATFORM = "unknown_platform", Unprocessable, "No platform has this id; GET /v1/platforms lists them.";
        UNKNOWN_PROVIDER = "unknown_provider", Unprocessable, "No provider has this id; create it first with POST /v1/providers.";
        UNKNOWN_CLASS = "unknown_class", NotFound, "No class has this id; open it first with POST /v1/classes.";
        UNKNOWN_LESSON = "unknown_lesson", NotFound, "The class has no lesson with this id; send the timetable first with PUT /v1/classes/{id}/lessons.";
        UNKNOWN_TRAINEE = "unknown_trainee", NotFound, "The class has no trainee with this id; send the roster first with PUT /v1/classes/{id}/roster.";
        FOREIGN_LESSON = "foreign_lesson", Unprocessable, "The lesson belongs to another class than the one named; send the class it belongs to, or leave the class out.";
        TIME_FAR_OFF = "time_far_off", Unprocessable, "The claimed span is backwards, longer than a day, or more than a day away from the lesson; correct from and until.";
        DUPLICATE = "duplicate", Conflict, "This external_id is already used for something else; use another one, or send the same content again.";
        ALREADY_DECIDED = "already_decided", Conflict, "This application was approved or refused before, and that stands; nothing was changed.";
        FOREIGN_EVIDENCE = "foreign_evidence", Unprocessable, "This evidence belongs to another class or provider; hand the file over for this class, and name that evidence.";
        CANNOT_BE = "cannot_be", Conflict, "What the logs write of this person speaks against it; choose another trainee, or correct the roster.";
        STATEMENT_CONFLICT = "statement_conflict", Conflict, "A statement with this id was accepted before and says something else; the first one stands, and nothing of this request was kept.";
        ROWS_AT_FAULT = "rows_at_fault", Unprocessable, "Nothing was changed: correct the rows listed and send the whole list again.";
        UNSUPPORTED_LIST = "unsupported_list", Unprocessable, "A list is JSON, CSV or XLSX with one header row; see /docs for the headings.";
        NO_SESSION_CODE = "no_session_code", Conflict, "A session code is shown from half an hour before its lesson until the lesson ends, and recorded lessons have none; ask again in that time.";
        EMPTY_BODY = "empty_body", Unprocessable, "The body is empty; send the file's bytes.";
        SIGNATURE_MALFORMED = "signature_malformed", Invalid, "The signature cannot be read by RFC 9421, or is not one that this server takes; nothing was kept. docs/UPLOAD.md shows one.";
        SIGNATURE_COVER = "signature_covers_too_little", Invalid, "The signature must cover the method, the target and the digest of the bytes; nothing was kept. docs/UPLOAD.md says how.";
        SIGNATURE_STALE = "signature_stale", Forbidden, "The signature is too old, expired, or from the future; nothing was kept. Set the clock, and sign each request anew.";
        SIGNATURE_WRONG = "signature_wrong", Forbidden, "The signature does not hold for this request under the key named; nothing was kept. Sign method, address and digest as this server receives them.";
        SIGNATURE_REQUIRED = "signature_required", Forbidden, "This platform has said that it signs what it hands over, and this is not signed; nothing was kept. Sign the request with a live key of the platform.";
        SIGNATURE_NOT_TAKEN = "signature_not_taken", Invalid, "A signature cannot be kept here, because live events are gathered with others; nothing was kept. Send them without Signature, or hand the log over as a signed file with POST /v1/evidence.";
        SIGNATURE_CONFLICT = "signature_conflict", Conflict, "The same bytes were handed over for the same place with another from, until, timezone or format; the first stands, and this signature was not kept. Sign what was said first.";
        UNKNOWN_KEY = "unknown_key", Forbidden, "No key is registered under the keyid of the signature; nothing was kept. An administrator registers keys with keshi key register.";
        FOREIGN_KEY = "foreign_key", Forbidden, "The key of the signature belongs to another platform than the one the evidence comes from; nothing was kept. Sign with a key of that platform.";
        KEY_REVOKED = "key_revoked", Forbidden, "The key was revoked; nothing was kept. Sign with one that is live.";
        TOO_LARGE = "too_large", TooLarge, "The file is larger than this server takes for its kind; split it, or ask the operator to raise the limit.";
        TRUNCATED = "truncated", Invalid, "The upload ended before its announced length; nothing was kept. Send it again.";
        DIGEST_MISMATCH = "digest_mismatch", Unprocessable, "The bytes received do not have the digest announced; nothing was kept. Send the file again.";
        UNKNOWN_UPLOAD = "unknown_upload", NotFound, "There is no unfinished upload of yours under this address, or it has expired; begin again with POST /v1/uploads.";
        TOO_MANY_UPLOADS = "too_many_uploads", TooMany, "Too many of your uploads are unfinished; finish or delete some (GET /v1/uploads lists them), then begin this one.";
        OFFSET_CONFLICT = "offset_conflict", Conflict, "The upload does not stand where this request goes on; ask with HEAD how much of it is there and go on from there.";
        CHECKSUM_MISMATCH = "checksum_mismatch", Unprocessable, "The bytes of this request do not have the checksum announced; none of them were kept. Send them again.";
        TUS_VERSION = "tus_version", Invalid, "Send the header Tus-Resumable: 1.0.0; this server speaks no other version of the protocol.";
        OFFSET_STREAM = "offset_stream", Invalid, "A part of an upload has the content type application/offset+octet-stream.";
        WRONG_TYPE = "wrong_type", Unprocessable, "The bytes are not what the kind says; send videos as kind=video, pictures as kind=screenshot, logs as kind=attendance, anything else as kind=document.";
        UNREADABLE_LOG = "unreadable_log", Unprocessable, "No row of the attendance log could be read; nothing was kept. See the rows, or name the format with format=.";
        UNKNOWN_FORMAT = "unknown_format", Unprocessable, "The attendance log is in no format keshi knows; export it as keshi CSV, or name the format with format=.";
        BOMB = "expands_too_far", Unprocessable, "The file expands to far more than its size allows; export it again without embedded content.";
        CORRUPT = "corrupt_file", Unprocessable, "The file is damaged or cut short and cannot be opened; export it again.";
        EVIDENCE_MISSING = "evidence_missing", Internal, "The bytes of this evidence are not in the storage; run keshi fsck and restore them from a copy.";
        EVIDENCE_ALTERED = "evidence_altered", Internal, "The bytes of this evidence do not match their digest any more; run keshi fsck and restore them from a copy.";
        RANGE = "range_not_satisfiable", Invalid, "The range asked for lies outside the file.";
        POLICY_MISSING = "policy_missing", Internal, "A policy that governs classes is not kept as it was; run keshi fsck and restore the table policy_text from a copy.";
        LOG_FORKED = "log_forked", Internal, "The log in the storage contradicts the database; stop and run keshi fsck.";
        UNTRUSTED = "untrusted", Unprocessable, "The bundle does not verify against the trust file; see the lines above.";
        BAD_RULE = "bad_rule", Unprocessable, "The rule cannot be used as written; correct its head or its SQL.";
        BAD_QUERY = "bad_query", Unprocessable, "The query is not allowed or not valid; it may only read the lake's tables.";
        QUERY_LIMIT = "query_limit", Unprocessable, "The query needs more time, rows or memory than allowed; narrow it.";
        TOO_MANY_LOOKS = "too_many_looks", TooMany, "You have looked at personal data in the clear as often as one may in an hour; go on later.";
        KEY_IN_USE = "key_in_use", Conflict, "The data key is still needed; nothing was changed.";
        STALE_FORM = "stale_form", Forbidden, "The form has expired and nothing was changed; go back and send it again.";
        LOGIN = "login_failed", Unauthenticated, "Name or password is wrong; try again.";
        WEBHOOK_URL = "webhook_url", Unprocessable, "A webhook's address is https://…, at most 2000 bytes, without user, password or fragment, and leads to no machine or network of the server's own; a closed network is a setting of the operator.";
        TOO_MANY_WEBHOOKS = "too_many_webhooks", Conflict, "You have as many webhooks as this server allows; remove one you no longer need.";
        WEBHOOK_ENDED = "webhook_ended", Conflict, "This webhook has ended and is told nothing; send active: true to let it begin again.";
        NOT_APPROVED = "not_approved", Conflict, "The class was not approved, and no money is claimed or paid for it before that (notice, 四: 经审核同意后方可组织开展培训); have the application decided first.";
        NOT_IN_EPIDEMIC = "not_in_epidemic", Unprocessable, "Only classes started in the epidemic are paid in advance (notice, 五（三）: 疫情期间); this one is paid when it is over.";
        OVER_FORMULA = "over_formula", Unprocessable, "The amount is above what the notice's formula computes; pay at most that.";
        NO_CLAIM = "no_claim", NotFound, "No claim was filed for this class; the provider files it with POST /v1/classes/{id}/claim.";
        CLAIM_GAPS = "claim_gaps", Conflict, "The claim has gaps, and nothing was filed: close them, or file it with the gaps stated by sending accept_gaps: true.";
        CLAIM_STANDS = "claim_stands", Conflict, "A claim of this class stands; another one is filed only after it was returned.";
        CASE_CLOSED = "case_closed", Conflict, "The case is closed and takes nothing more; reopen it first, with a reason.";
        CASE_OPEN = "case_open", Conflict, "The case is open already; nothing was changed.";
        CASE_TITLE = "case_title", Invalid, "A case has a title of at most 200 characters on one line; send title.";
        OLDER_LIST = "older_list", Conflict, "A file of this list as of a later day is in force; nothing was kept. Send the newest file, or name another source.";
        FONTS = "fonts_missing", Unavailable, "The fonts of printed documents are not there: install the package fonts-noto-cjk, or name others under [print] in the configuration; everything else goes on.";
        WEEK_NOT_OVER = "week_not_over", Conflict, "A week is reported when it is over, from its next Monday on (31号 六（一）); until then GET shows what there is so far.";
        CONFIG = "bad_config", Invalid, "The configuration cannot be used; correct the value named.";
        NOT_READY = "not_ready", Unavailable, "The server is starting or its database is not migrated; run keshi migrate, then try again.";
    }
}

impl From<storage::StorageError> for Error {
    fn from(cause: storage::StorageError) -> Error {
        use storage::StorageError;
        let cause = match cause {
            // A body that is read from the storage itself fails as the storage does, not as a sender.
            StorageError::Body(read) if read.get_ref().is_some_and(|inner| inner.is::<StorageError>()) => StorageError::from(read),
            other => other,
        };
        let code = match &cause {
            StorageError::Missing(_) => &codes::EVIDENCE_MISSING,
            StorageError::DigestMismatch { .. } => &codes::EVIDENCE_ALTERED,
            StorageError::TooLarge { limit } => {
                return Error::new(
                    &codes::TOO_LARGE,
                    format!(
                        "The file is larger than the {limit} bytes this server takes for its kind; split it, or ask the operator to raise the limit."
                    ),
                );
            }
            StorageError::Unexpected { .. } => &codes::DIGEST_MISMATCH,
            StorageError::OutOfRange { .. } => &codes::RANGE,
            StorageError::Body(_) => &codes::TRUNCATED,
            StorageError::Config(text) => return Error::new(&codes::CONFIG, format!("The object storage cannot be used: {text}")),
            _ => &codes::STORAGE_AWAY,
        };
        Error::of(code).because(cause)
    }
}
