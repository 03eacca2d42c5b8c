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

/// Work that one rendering of one part may do: about one unit for an instruction or for 64 bytes of data.
pub const RENDER_FUEL: u64 = 200_000;
/// Depth of blocks in one rendering. There are no macros and no recursive loops.
pub const RENDER_DEPTH: usize = 120;
/// Largest rendering of an HTML part, a text part or a printed piece, in bytes.
pub const OUTPUT_MAX_BYTES: usize = 2_097_152;
/// Largest rendering of any other part, in bytes.
pub const SHORT_OUTPUT_MAX_BYTES: usize = 16_384;

/// Most code in one tag, in bytes, white space and the insides of strings not counted: an expression nests no deeper.
pub const TAG_MAX_CODE_BYTES: usize = 600;
/// Most `elif` in one part: each nests one level deeper in the compiler.
pub const ELIF_MAX: usize = 50;
/// Most opening brackets and filters in the block tags of one part: a value gets no deeper.
pub const BLOCK_WRAPS_MAX: usize = 500;
