namespace Rescind.Authority.Diagnostics;

/// <summary>
/// Every failure of the Authority that has a number: 10xx starting, 11xx reading a request, 12xx access, 13xx sessions and a
/// person's own sessions, 14xx clients, 15xx keys, 16xx issuers, 19xx the server itself, 20xx revoking, 21xx warnings of
/// revoking, 22xx feed and receipts.
/// </summary>
internal static class Errors
{
    public static readonly Error InvalidOptions = Define(1001, 500, "The configuration is invalid.",
        "Set the named key and start again.");
    public static readonly Error NotSafeToStart = Define(1002, 500,
        "The Authority does not start without what a production server needs.",
        "Set the named key and start again, or serve loopback URLs alone to develop.");
    public static readonly Error OtherIssuer = Define(1003, 500, "The data belongs to another issuer.",
        "Set Rescind:Issuer to the issuer that was recorded at the first start, or use another data directory.");
    public static readonly Error DataUnusable = Define(1004, 500, "The data directory cannot be used.",
        "Check that it exists and belongs to the account that runs the Authority.");
    public static readonly Error RouteWithoutAccess = Define(1005, 500, "A route does not say who may call it.",
        "Declare its access where it is mapped.");

    public static readonly Error DataInUse = Define(1006, 500, "Another process holds the data.",
        "Stop it, or use another data directory.");
    public static readonly Error DataFromLaterVersion = Define(1007, 500, "The data was written by a later version of Rescind.",
        "Start that version, or restore a backup from before the update with rescind restore.");
    public static readonly Error DataDamaged = Define(1008, 500, "The database is damaged, or is none of Rescind.",
        "Stop the Authority and restore a backup that is whole: rescind restore.");
    public static readonly Error DataReadOnly = Define(1009, 500, "The data cannot be written.",
        "Make the file, its folder and its file system writable for the account that runs the Authority.");
    public static readonly Error DiskFull = Define(1010, 500, "The disk is full.",
        "Free some space; a running Authority then goes on by itself.");
    public static readonly Error DiskFailed = Define(1011, 500, "The disk fails.", "Check the disk and its file system.");
    public static readonly Error ClockBehind = Define(1012, 503, "The clock is behind the log.",
        "Set the clock right if it is wrong; a running Authority then goes on by itself. If it is right, stop the Authority "
            + "and run rescind accept-time.");
    public static readonly Error MarkDamaged = Define(1013, 500, "It cannot be determined whether the database is an older copy.",
        "Restore a backup with rescind restore, which begins a new epoch; or delete the named file if you know that the "
            + "database is the newest.");
    public static readonly Error MasterKeyUnusable = Define(1014, 500, "The master key does not open the data.",
        "Put back the one that belongs to this data: Rescind__MasterKey, Rescind__MasterKeyFile or master.key in the data "
            + "directory.");
    public static readonly Error MasterKeyExposed = Define(1015, 500, "Others have access to the file of the master key.",
        "Take it from them (chmod 600); if they may have used it, let the Authority replace its keys.");
    public static readonly Error ForeignLog = Define(1016, 500, "The write-ahead log does not belong to the database file.",
        "Put the newer database file back; or restore a backup with rescind restore.");
    public static readonly Error ForwardedOutsideDevelopment = Define(1020, 500,
        "Rescind:AllowForwardedHostsInDevelopment is set outside Development.",
        "Remove it: a server that is configured for production takes what its proxy forwards.");
    public static readonly Error OtherIssuersMetadata = Define(1021, 404, "There is no metadata of that issuer here.",
        "Ask where the issuer is served: its path follows /.well-known/oauth-authorization-server exactly as it is in iss.");
    public static readonly Error IssuerOfGroup = Define(1022, 500,
        "Rescind:Issuer is not set, and cannot be derived where MapRescind is called on a route group.",
        "Set Rescind:Issuer to the URL under which the Authority is reached, with the group's prefix; or call MapRescind on "
            + "the application itself.");
    public static readonly Error BackupNotNow = Define(1023, 503, "A backup cannot be made now.",
        "Nothing was copied. Ask again later, or free some space.");
    public static readonly Error BackupUnusable = Define(1024, 500, "The backup cannot be restored.",
        "Name a file that rescind backup has written.");
    public static readonly Error RestoreUnfinished = Define(1025, 500, "A restore was begun and did not end.",
        "Run rescind restore again, with --replace if it says that there is a database.");
    public static readonly Error DataThere = Define(1026, 500, "There is a database already.",
        "Add --replace to put the backup in its place; what is there is kept aside.");
    public static readonly Error CannotListen = Define(1027, 500, "The Authority cannot listen at its URL.",
        "Name another URL with --urls, or stop the other program.");

    public static readonly Error ClockAhead = Define(1028, 503, "The clock has jumped ahead.",
        "Set it right if it is wrong. If it is right, it is believed by itself once it has stood there for a while.");
    public static readonly Error ClockNotBehind = Define(1029, 500, "The log is not ahead of the clock.",
        "Nothing has to be accepted: start the Authority.");

    public static readonly Error DatabaseUnusable = Define(1030, 503, "The database cannot be used.",
        "Check Rescind:ConnectionString, and that the server runs and lets this account in.");
    public static readonly Error DatabaseNotDurable = Define(1031, 500, "The database confirms what a crash would lose.",
        "Set fsync and synchronous_commit to on, for this account and database too.");
    public static readonly Error DatabaseRights = Define(1032, 500, "The account may not do what the Authority needs.",
        "Make it the owner of the schema, or let it create one in the database.");
    public static readonly Error DatabaseReadOnly = Define(1033, 503, "The database takes no changes.",
        "Name the primary server in Rescind:ConnectionString.");
    public static readonly Error DatabaseClockApart = Define(1034, 503,
        "The clock of this machine and that of the database are more than a second apart.",
        "Set the wrong one right, and keep both by NTP; a running Authority then goes on by itself.");
    public static readonly Error NotCopiedHere = Define(1035, 409, "The database is not a file of this Authority.",
        "Copy it with the tools of PostgreSQL: pg_dump, or a base backup and the archive of its log.");
    public static readonly Error AsynchronousStandby = Define(1036, 200, "A standby may lack what was acknowledged.",
        "Name it in synchronous_standby_names, or do not promote it: a failover to it can lose revocations.");
    public static readonly Error LogWentBack = Define(1037, 503,
        "The log of the store does not go on from what this node has published.",
        "If a standby was promoted that lacked a part of it, wait until a node that remembers more has appended it again.");
    public static readonly Error FailedOver = Define(1038, 200,
        "The store has lost the end of its log in a failover, and another epoch has begun.",
        "Look for failed_over in the audit trail, and repeat what was lifted or registered in the moments before it.");

    public static readonly Error SecondAuthority = Define(1017, 500,
        "The Authority was added or mapped twice in one application.",
        "Call AddRescindAuthority() and MapRescind() once each; change the options with Configure<AuthorityOptions>().");
    public static readonly Error SeveralClaimsSources = Define(1018, 500,
        "Several services say what the claims of a session are, and one of them would never be asked.",
        "Register one ISessionClaims; replace another one with services.Replace(), or let one of your own ask both.");
    public static readonly Error SecondStore = Define(1019, 500, "Two stores are named for one Authority.",
        "Call UseSqlite() or UsePostgreSql(), once.");

    public static readonly Error NotJson = Define(1101, 415, "The body is not declared as JSON.",
        "Send it with Content-Type: application/json, in UTF-8 and not compressed.");
    public static readonly Error BodyTooLarge = Define(1102, 413, "The body is larger than 64 KiB.", "Send less in one request.");
    public static readonly Error MalformedJson = Define(1103, 400, "The body is not well-formed JSON.",
        "Send one JSON value in UTF-8.");
    public static readonly Error TooDeep = Define(1104, 400, "The body is nested deeper than 16 levels.",
        "Send a flatter document.");
    public static readonly Error DuplicateMember = Define(1105, 400, "The body has a member twice.", "Send each member once.");
    public static readonly Error UnknownMember = Define(1106, 400, "The body has a member that is not known.",
        "Remove it, or correct its spelling.");
    public static readonly Error MissingMember = Define(1107, 400, "The body lacks a required member.", "Add it.");
    public static readonly Error NullMember = Define(1108, 400, "The body has null where a value is required.",
        "Send a value, or leave an optional member out.");
    public static readonly Error MemberType = Define(1109, 400, "The body has a value of the wrong type.",
        "Send the type that the contract names.");
    public static readonly Error MalformedQuery = Define(1110, 400, "The query string is invalid.",
        "Send each parameter once, percent-encoded in UTF-8, and within its range.");
    public static readonly Error NotForm = Define(1111, 400, "The body is not declared as a form.",
        "Send it with Content-Type: application/x-www-form-urlencoded, in UTF-8 and not compressed.");
    public static readonly Error MalformedForm = Define(1112, 400, "The form is invalid.",
        "Send each parameter once, percent-encoded in UTF-8.");
    public static readonly Error MalformedRequest = Define(1113, 400, "The request is not well-formed HTTP.",
        "Check the client that sent it.");

    public static readonly Error NoCredentials = Define(1201, 401, "The request carries no access token.",
        "Send Authorization: Bearer with an access token of this Authority.");
    public static readonly Error BadToken = Define(1202, 401, "The access token is not valid here.",
        "Get a new one from the token endpoint.");
    public static readonly Error MissingScope = Define(1203, 403, "The client does not hold the scope that this route needs.",
        "Ask an administrator for the scope named in WWW-Authenticate, and request it at the token endpoint.");
    public static readonly Error SeveralCredentials = Define(1204, 400, "The request carries credentials in more than one place.",
        "Send one Authorization header and no token anywhere else.");
    public static readonly Error MissingAudience = Define(1205, 403, "The token was not issued for the Authority itself.",
        "Start sessions with the issuer among their audiences to let people manage all their sessions.");
    public static readonly Error ForeignPage = Define(1206, 403, "The request does not come from a page of this origin.",
        "Call it with fetch from a page that the Authority's own origin serves; pages of other origins use the token endpoint.");
    public static readonly Error NoCookie = Define(1207, 400, "The request carries no refresh cookie.", "Log in.");
    public static readonly Error CookieRefused = Define(1208, 400, "The refresh cookie is not valid.", "Log in again.");

    public static readonly Error ReservedClaim = Define(1301, 400, "A claim or tag has a name that the Authority sets itself.",
        "Choose another name.");
    public static readonly Error SessionTooLarge = Define(1302, 400, "A part of the session is longer than allowed.",
        "Send less; the limits are in the page of this error.");
    public static readonly Error UnknownClient = Define(1303, 400, "The client is not registered.",
        "Register it with POST /v1/clients, or correct client_id.");
    public static readonly Error FutureLogin = Define(1304, 400, "auth_time is more than 5 seconds in the future.",
        "Send the second of the login, and check the clock of the caller.");
    public static readonly Error ReservedAudience = Define(1305, 403, "The audience is the Authority's own interface.",
        "Name the API that the tokens are for.");
    public static readonly Error ReservedScope = Define(1306, 403, "The scope is one of the Authority's own.",
        "Use scopes of the API that the tokens are for.");
    public static readonly Error ReservedSubject = Define(1307, 403,
        "The subject must not begin with client:, which is for API clients.",
        "Name a person or a service of your own.");
    public static readonly Error ClientNotAllowed = Define(1308, 403, "The caller may not start sessions for this client.",
        "List the client in the record of the caller, or start the session for the caller itself.");
    public static readonly Error SubjectBlocked = Define(1309, 409, "A block is in force on what the session would be.",
        "Read the revocation that is named, and lift it if it was a mistake.");
    public static readonly Error LoginBeforeEnd = Define(1310, 409, "The login lies before the newest revocation of the subject.",
        "Log in again and send the auth_time of the new login.");
    public static readonly Error ReplacesUnknown = Define(1311, 409,
        "The session to be replaced is not one of this subject and client.",
        "Leave replaces out, or name a session of the same subject and client.");
    public static readonly Error UnknownSession = Define(1312, 404, "There is no such session.", "Check the session's id.");
    public static readonly Error InvalidValue = Define(1313, 400, "A value is invalid.", "Correct the named member.");
    public static readonly Error ContradictoryLogout = Define(1314, 400,
        "A logout must be for this session, for the others, or for all.",
        "Send {}, {\"others\":true} or {\"everywhere\":true}.");
    public static readonly Error StaleLogin = Define(1315, 400, "auth_time lies further back than a session lives.",
        "Let the person log in again: no verifier takes a token of a login this old.");
    public static readonly Error SensitiveClaim = Define(1316, 400, "A claim or tag carries what should not stand in a token.",
        "Leave it out and let the API look it up; or list the claim in Rescind:AllowedSensitiveClaims if it is meant to be "
            + "there.");
    public static readonly Error SessionOver = Define(1317, 409, "The session is over.",
        "Start a new one: nothing can be changed in this one.");
    public static readonly Error UnknownSubject = Define(1318, 409, "The application does not know the subject.",
        "Name one that it knows, or register its ISessionClaims for these subjects too.");
    public static readonly Error ClaimsRefused = Define(1325, 400, "The application gives claims that a token cannot carry.",
        "Nothing is lost: let the application give fewer or other claims, and repeat the request.");

    public static readonly Error InvalidClient = Define(1401, 400, "The client record is invalid.", "Correct the named member.");
    public static readonly Error ClientExists = Define(1402, 409, "The client is registered already.",
        "Change it with PATCH /v1/clients/{client_id}, or choose another client_id.");
    public static readonly Error ClientNotFound = Define(1403, 404, "There is no such client.",
        "List the clients with GET /v1/clients.");
    public static readonly Error OwnClient = Define(1404, 409, "A client must not take administration from itself.",
        "Let another administrator do it.");
    public static readonly Error LastAdministrator = Define(1405, 409, "No administrator would be left whose tokens are taken.",
        "Name more narrowly what you mean, or let another client with the scope admin be there first.");

    public static readonly Error InvalidIssuer = Define(1601, 400, "The issuer's record is invalid.",
        "Correct the named member.");
    public static readonly Error OwnIssuer = Define(1602, 409,
        "The record of this Authority's own issuer cannot be changed here.",
        "Change the configuration and start again.");
    public static readonly Error IssuerKeysUnknown = Define(1603, 503, "The keys of that issuer cannot be fetched.",
        "Check jwks_uri in its record, and that this server reaches it; then repeat.");
    public static readonly Error TooManyLogouts = Define(1604, 429, "The issuer logs out more people than it may at once.",
        "Send it again after the seconds in Retry-After.");

    public static readonly Error Unavailable = Define(1901, 503, "The store cannot promise that anything is durable now.",
        "Nothing was promised. Repeat the same request after Retry-After.");
    public static readonly Error NotStarted = Define(1902, 503, "The Authority has not finished starting.",
        "Repeat the request after Retry-After.");
    public static readonly Error Unexpected = Define(1903, 500, "The server failed to answer.",
        "Look up the request id in the server's log.");
    public static readonly Error NoSuchRoute = Define(1904, 404, "There is no such route.",
        "See /openapi/v1.json for what there is.");
    public static readonly Error NoSuchMethod = Define(1905, 405, "The route does not take this method.",
        "Use a method of the Allow header.");
    public static readonly Error Misdirected = Define(1906, 421, "A development server must be called from its own machine.",
        "Call it directly by a loopback URL, or configure it for production.");
    public static readonly Error TooManyRefreshes = Define(1907, 503, "Too many refreshes are under way.",
        "Nothing was changed. Repeat the same request after Retry-After.");
    public static readonly Error ClaimsUnavailable = Define(1908, 503,
        "What the application knows of the subject cannot be determined now.",
        "No token was made. Repeat the same request after Retry-After.");
    public static readonly Error BodyTooSlow = Define(1909, 408, "The body arrives too slowly.",
        "Nothing was changed. Send the request again on a connection that is fast enough, in one piece.");
    public static readonly Error TooManySnapshots = Define(1912, 503, "Too many snapshots are under way.",
        "Repeat the same request after Retry-After.");
    public static readonly Error VerifierBehind = Define(1913, 409, "The clock of the verifier is too far behind.",
        "Set it right: what it would need is forgotten here. If it is right, the Authority's is ahead.");
    public static readonly Error TimedOut = Define(1911, 503, "The application's time limit for requests has run out.",
        "The outcome is not known. Repeat the same request after Retry-After.");

    public static readonly Error InvalidReason = Define(2002, 400, "The reason is missing or longer than 500 characters.",
        "Say why, for whoever reads the audit trail.");
    public static readonly Error InvalidMatch = Define(2003, 400, "The match is invalid.",
        "Send exactly one of token, session, subject, client, tag, key and issuer.");
    public static readonly Error UnverifiableToken = Define(2004, 400, "The token cannot be verified, so it revokes nothing.",
        "Send a token of the issuer that is named, as it was issued, or its jti.");
    public static readonly Error OwnLockOut = Define(2005, 409, "That would lock out the caller itself.",
        "Let another client do it.");
    public static readonly Error InvalidIdempotencyKey = Define(2006, 400, "The Idempotency-Key is invalid.",
        "Send one header of 1 to 255 characters.");
    public static readonly Error IdempotencyKeyReused = Define(2007, 409, "The Idempotency-Key was used for another request.",
        "Use a new key for a new request.");
    public static readonly Error UnknownRevocation = Define(2008, 404, "There is no such revocation.",
        "List them with GET /v1/revocations; old ones are forgotten.");
    public static readonly Error InvalidEffect = Define(2009, 400, "The effect is not one of this match.",
        "See the table of matches and effects in the page of this error.");
    public static readonly Error InvalidCutoff = Define(2010, 400, "before or until is invalid.",
        "Send RFC 3339 in UTC: before for a cutoff, until for a block.");
    public static readonly Error InvalidExceptions = Define(2011, 400, "except is invalid.",
        "Name sessions of the subject, or end them one by one.");
    public static readonly Error UnknownIssuer = Define(2012, 400, "The issuer is not registered.",
        "Register it with POST /v1/issuers, or correct its spelling: it is compared byte by byte.");
    public static readonly Error IssuerNotAllowed = Define(2013, 403, "The client may not revoke for that issuer.",
        "List the issuer in the record of the client, or let an administrator revoke.");
    public static readonly Error CannotBeMatched = Define(2014, 400,
        "The tokens of that issuer do not carry what the revocation needs.",
        "Revoke by subject or token, or correct the record of the issuer.");
    public static readonly Error NotConfirmed = Define(2015, 409, "The act is broad, and confirm is missing or no longer holds.",
        "Ask with dry_run, look at what it would hit, and send that number (at another issuer the value of the match) as "
            + "confirm.");
    public static readonly Error TooManySelected = Define(2016, 409,
        "An act with exceptions or with a cutoff in the past must select at most 2000 of at most 10000 sessions.",
        "Leave before and except out, or narrow the match.");
    public static readonly Error AlreadyLifted = Define(2017, 409, "The revocation was lifted already.",
        "Nothing is left to do.");
    public static readonly Error CannotBeLifted = Define(2018, 409, "The revocation of a key of this Authority cannot be lifted.",
        "Nothing can be signed or verified with it again; tokens of the next key are good.");
    public static readonly Error TooManyBroadActs = Define(2019, 429, "The client did too many broad acts within a minute.",
        "Repeat the request after Retry-After; one act on a tag does what many on subjects would.");
    public static readonly Error NoSuchSubject = Define(2020, 404, "There is no such subject here.",
        "Check iss and sub: they are compared byte by byte.");
    public static readonly Error CannotBeLoggedOut = Define(2021, 422, "That subject cannot be logged out this way.",
        "Revoke with POST /v1/revocations, by what the issuer's tokens can be matched by.");
    public static readonly Error InvalidSubject = Define(2022, 400, "sub_id is not a subject that can be revoked.",
        "Send format iss_sub with iss and sub of 1 to 1024 bytes.");
    public static readonly Error InvalidSpread = Define(2023, 400, "The renewal cannot be spread like that.",
        "Spread a renew of a client, a tag or an issuer over as many seconds as a token of that issuer lives, at most.");
    public static readonly Error NothingKnown = Define(2101, 201,
        "Nothing that is known here matches; the revocation stands all the same.",
        "Check the spelling of the value.");
    public static readonly Error ClientTokensSpared = Define(2102, 201,
        "Tokens that API clients got for themselves are not selected by a cutoff in the past.",
        "Revoke without before to hit them too.");
    public static readonly Error VerifiersBehind = Define(2103, 201,
        "These verifiers are not up to date; each stops accepting at its bound at the latest:",
        "See GET /v1/verifiers.");
    public static readonly Error TokensWithoutTheClaim = Define(2104, 201, "Tokens that do not carry the claim are not hit.",
        "Check that every session of them was started with the tag or the claim.");
    public static readonly Error TokenWithoutId = Define(2105, 201,
        "The token has no id: it was revoked by the SHA-256 of its signing input.",
        "Revoke by session or subject to hit whatever is minted beside it.");
    public static readonly Error IssuerMintsAgain = Define(2107, 201,
        "The issuer's refresh tokens are alive, and give tokens from after the cutoff.",
        "Use reauthenticate where the issuer sends auth_time, otherwise block, and end the session at the issuer too.");
    public static readonly Error NotCounted = Define(2109, 201, "It selects so many sessions that they were not counted.",
        "Look at GET /v1/revocations and the audit trail for what it did.");
    public static readonly Error RefreshFlood = Define(2108, 201, "More refreshes may come at once than are served:",
        "Spread it over more seconds.");

    public static readonly Error FeedGone = Define(2201, 410, "The log does not reach back to that position, or is another one.",
        "Take the snapshot from GET /v1/feed/snapshot.");
    public static readonly Error FeedConflict = Define(2202, 409, "That position or chain is not of this log.",
        "Ask once more; if it stays so, take the snapshot and keep judging the old map beside it.");
    public static readonly Error PastShareOfVerifiers = Define(2204, 200,
        "A client has more live verifiers than its share: further ones are served, and no receipt counts them.",
        "Check whether its instances keep their id over restarts, or raise verifiers in its record.");
    public static readonly Error OlderCopy = Define(2207, 200, "A verifier knows a part of the log that is not in it.",
        "If an older copy of the data was put back, stop the Authority and run rescind restore.");
    public static readonly Error CanaryNotRefused = Define(2220, 200, "A verifier does not refuse what was revoked.",
        "GET /v1/verifiers names it as red: take it out of service.");

    private static Error Define(int number, int status, string title, string nextStep) =>
        new(number, title, nextStep) { Status = status };
}
