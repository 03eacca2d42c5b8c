//! The phrases by which `words` knows what a refusal is about, separated by commas.
//!
//! All are in lower case and without punctuation, as the text is when they are looked for. A star at the end of a
//! phrase stands for the rest of its last word.

pub(super) const GREYLIST: &str = "greylist*, graylist*, grey list*, gray list*";

/// Whoever is meant here is certainly the recipient.
pub(super) const RECIPIENT: &str = "\
    you tried to, you are trying to, youre trying to, you attempted to, receiving mail, receiving messages, \
    by recipient, by the recipient, blocked by user, blocked by the user, rejected by user, \
    recipient has blocked, recipient blocked, user has blocked, not accept mail from, not accept email from, \
    not accept messages from, not accepting mail from, not accepting messages from, does not want, \
    allowed senders, to this recipient, to this address, to this user, to this group, to this mailbox, \
    to the recipient, to this list, direct the recipient, recipient over, recipient mailbox, \
    recipients mailbox, mailbox full, mailbox is full, mailbox over, mailbox is over, mailbox quota";
/// These mean the recipient unless sending is spoken of.
pub(super) const MAILBOX: &str = "\
    mailbox*, mail box, inbox*, maildir*, storage, disk, recipient is, recipient has, recipient account, \
    recipients account, recipients inbox, user is over, user over, user is full, account is full";
pub(super) const SENDING: &str = "sending, send, sends, sent, sender*, outbound, outgoing, relay*, submission*";

pub(super) const SIZE: &str = "size, too large, too big, too long, attachment*";
/// Numbers that count something other than messages.
pub(super) const OTHER_COUNTS: &str = "\
    score, header*, hop, hops, line length, idle, timeout, timed out, too many invalid, too many unknown, \
    too many bad, too many error*, too many unrecogni*, too many syntax, too many unsuccessful, \
    too many nonexist*, too many non exist*, too many failed, too many link*, too many url*, \
    too many received, too many unauth*, too many command*, too many wrong";

pub(super) const IN_SESSION: &str = "\
    per session, per connection, this session, this connection, one session, one connection, single session, \
    single connection, same session, same connection";
pub(super) const CONNECTIONS: &str = "\
    connection*, concurren*, simultaneous*, parallel, session*, smtp client*, open channel*";
pub(super) const NUMBER: &str = "\
    too many, too much, limit*, exceed*, maximum, max, throttl*, no more, rate, reached, full, quota";

pub(super) const HOUR: &str = "hour, hours, hourly, per h, 1h, 60 minutes, 60 min";
pub(super) const DAY: &str = "day, daily, per d, today, 24 hours, 24 hour, 24h, 24 h, 24 hrs, 24hrs";
pub(super) const MONTH: &str = "\
    month, monthly, credit*, balance, plan, subscription, trial, package, free tier, weekly, per week";
pub(super) const RATE: &str = "\
    throttl*, rate limit*, ratelimit*, rate control*, sending rate, send rate, message rate, mail rate, \
    too fast, too quickly, too frequent*, slow down, unusual rate, high rate, rate exceed*, rate too, \
    rate is too, per minute, per min, per second, per sec, per s, too much mail, too much email, \
    too many requests, unusual sending, unusual activity";
/// Something that has an end …
pub(super) const BOUND: &str = "\
    limit*, quota*, maximum, max, allowance*, allotment*, threshold, cap, rate, allowed number, \
    number of messages, number of emails, number of mails, number of recipients, credit*, balance, plan, volume";
/// … and that it has come.
pub(super) const REACHED: &str = "\
    exceed*, reach*, over, hit, surpass*, exhaust*, beyond, above, used up, used all, too many, \
    insufficient, not enough, no more, no credit*, out of, temporarily limited, been limited, hour limit, day limit, daily limit, \
    hourly limit, monthly limit, limit for, too high, would take you";
/// What is counted when somebody says "too many".
pub(super) const MESSAGES: &str = "\
    too many message*, too many mail*, too many email*, too many e mail*, too many recipient*, \
    too many rcpt*, too many deliver*, too many transaction*, too many sen*, too many smtp*, \
    too many submission*, too many outgoing, too many outbound, too many new*";
/// Words that make a bare "quota" one of sending.
pub(super) const OUR_QUOTA: &str = "\
    your, you, youve, sending, send, sent, sender*, outbound, outgoing, relay*, submission*, messages, \
    message count, message quota, tenant, organi*, domain, smtp, ip, campaign, plan, rate";
pub(super) const COME_BACK: &str = "try again, retry, come back, try later, resend";

pub(super) const SENDER: &str = "\
    sender*, from address, from email, from header, from domain, from field, from line, mail from, mailfrom, \
    return path, envelope from, reverse path, send as, send on behalf, send mail as, send from, \
    send mail from, send email from, sending domain, sending address, sending identity, your domain, \
    your identity, originator";
pub(super) const NOT_ACCEPTED: &str = "\
    not authori*, unauthori*, not allowed, not permitted, not owned, not own, not verified, unverified, \
    not confirmed, not validated, not been, unconfigured, denied, reject*, suspended, disabled, blocked, banned, restricted, deactivated, locked, \
    not registered, unregistered, must match, mismatch*, not match, not belong, invalid, unknown, not found, \
    not exist, nonexist*, may not, cannot, cant, can not, not accepted, not acceptable, fail*, refused, \
    blacklisted, not valid, permission*, bad, forbidden, unable to verify, must be, not authenticated, \
    not configured, not able, require*, needs to be, not one of";
/// The recipient does not exist, whoever else is named.
pub(super) const NO_SUCH_USER: &str = "\
    user unknown, unknown user, unknown recipient, no such user, no such recipient, no such mailbox, no mailbox, \
    user not found, recipient not found, mailbox not found, invalid recipient, invalid mailbox, does not exist, \
    user doesnt exist, unrouteable, unroutable";
/// Whole sentences about the sender.
pub(super) const SENDER_SURE: &str = "\
    sendasdenied*, dmarc, spf fail*, spf check*, spf validation, spf record, dkim fail*, dkim check*, \
    unauthenticated email, unauthenticated mail, unauthenticated sender, mail is unauthenticated, \
    email is unauthenticated, email address is not verified, email address not verified, identities failed, \
    identity is not verified, bad outbound sender, spoof*, domain is not verified, domain not verified, \
    domain is unverified, unverified domain, domain is not authori*, domain not authori*, \
    domain is not registered, domain not registered, unregistered domain, domain is not allowed to, \
    domain not allowed to, not allowed to send, not permitted to send, not authorized to send, \
    not authorised to send, not allowed to use, may not send, cannot send, cant send, permission to send, \
    permissions to send, prohibited from sending, sending has been, sending is, sending paused, \
    sending disabled, sending suspended, blocked from sending, sending privileges, verified domain, \
    verify your domain, verified sender*, sandbox domain*, sandbox subdomain*, sender signature*, invalid credentials for relay, outbound email is, outgoing mail is";
pub(super) const ACCOUNT: &str = "account, subaccount, smtp user, tenant, subscription, mail service";
pub(super) const ACCOUNT_CLOSED: &str = "\
    suspend*, disabled, blocked, deactivated, locked, frozen, banned, restricted, terminated, on hold, \
    closed, not active, inactive, under review, not activated, not yet, expired, unpaid, paused";
pub(super) const CLIENT: &str = "\
    client host, client ip, your ip, your host, your server, your mail server, ip address, sending ip, \
    connecting ip, ip";
pub(super) const LISTED: &str = "\
    blocked, block list, blocklist*, blacklist*, black list, listed, banned, reputation, denylist*, unauthori*";

/// Phrases that say nothing about the reason, and would mislead.
pub(super) const NOISE: &str = "\
    recipient address rejected, closing connection, closing the connection, closing this connection, \
    closing transmission channel, closing channel, closing session, connection closed, dropping connection, \
    dropping the connection, returned to sender, return to sender, returning to sender, your message could, \
    requested action not taken mailbox unavailable, requested mail action not taken mailbox unavailable, \
    your message was, your message cannot, your message to, your message has, your message will";
