//! The limits that a template and its renderings keep.
//!
//! Invariant: together they bound the time, memory and stack that one rendering takes, whatever the author wrote.

/// Longest subject template, in characters: one header line (RFC 5322 §2.1.1).
pub const SUBJECT_MAX_CHARS: usize = 998;
/// Largest HTML template, in bytes.
pub const HTML_MAX_BYTES: usize = 1_048_576;
/// Largest text template of an email, in bytes.
pub const TEXT_MAX_BYTES: usize = 262_144;
/// Longest preheader template, in characters.
pub const PREHEADER_MAX_CHARS: usize = 500;
/// Longest SMS template, in characters.
pub const SMS_TEXT_MAX_CHARS: usize = 5_000;
/// Longest title template of a push notification, in characters.
pub const PUSH_TITLE_MAX_CHARS: usize = 500;
/// Longest body template of a push notification, in characters; providers carry about 4 KB in all.
pub const PUSH_BODY_MAX_CHARS: usize = 4_000;
/// Longest URL template of a push notification, in characters.
pub const PUSH_URL_MAX_CHARS: usize = 2_048;
/// Most entries of push data.
pub const PUSH_DATA_MAX_ENTRIES: usize = 32;
/// Longest key of push data, in characters.
pub const PUSH_DATA_KEY_MAX_CHARS: usize = 64;
/// Longest value template of push data, in characters.
pub const PUSH_DATA_VALUE_MAX_CHARS: usize = 1_024;
/// Largest source of a printed piece, in bytes.
pub const DIRECT_MAIL_SOURCE_MAX_BYTES: usize = 1_048_576;

/// Work that the rendering of one message may do, in steps: one for an operation or for 32 bytes of text.
/// Calculated to take less than 50 ms: the slowest program took 50 ms with 500,000 steps (ADR 0013).
pub const RENDER_STEPS: usize = 400_000;
/// Memory that the values of one message may take while it is rendered, in bytes, all that was ever made counted.
pub const RENDER_VALUE_BYTES: usize = 3 * 1_048_576;
/// Largest rendering of an HTML part, a text part or a printed piece, in bytes.
pub const OUTPUT_MAX_BYTES: usize = 2_097_152;
/// Largest rendering of any other part, in bytes.
pub const SHORT_OUTPUT_MAX_BYTES: usize = 16_384;

/// Most operations in one part: a field, a filter, an operator, a list.
pub const OPERATIONS_MAX: usize = 20_000;
/// Most pieces of text between the tags and comments of one part.
pub const TEXTS_MAX: usize = 2 * OPERATIONS_MAX;
/// Deepest nesting of blocks.
pub const BLOCK_DEPTH: usize = 50;
/// Deepest nesting of operations in one expression.
pub const EXPRESSION_DEPTH: usize = 40;
/// Deepest nesting of lists and maps in a value.
pub const VALUE_DEPTH: usize = 160;
/// Most numbers that `range` makes.
pub const RANGE_MAX: usize = 100_000;
