namespace Rescind;

/// <summary>What a verifier says of a token. The default refuses.</summary>
public enum VerdictKind : byte
{
    /// <summary>Nobody judged: refused.</summary>
    Undecided = 0,

    /// <summary>Good until <see cref="Verdict.Instant"/>.</summary>
    Valid = 1,

    /// <summary>Taken back by key, block or end: 401.</summary>
    Revoked = 2,

    /// <summary>Access token out of date: 401; a refresh gives a good one.</summary>
    Renew = 3,

    /// <summary>The login is too old: 401 <c>insufficient_user_authentication</c> (RFC 9470).</summary>
    Reauthenticate = 4,

    /// <summary>Past its life: 401.</summary>
    Expired = 5,

    /// <summary>The verifier cannot be sure: 503 and Retry-After, never 401 (BT-9).</summary>
    Unknown = 6,

    /// <summary>Against the rules of its issuer: lives longer than declared, from the future, not yet valid: 401.</summary>
    Invalid = 7,
}

/// <summary>
/// The answer to one judgement. A value; the default is <see cref="VerdictKind.Undecided"/> and refuses. Anybody can
/// make one that refuses; a <see cref="VerdictKind.Valid"/> comes from a <see cref="Judge"/> alone.
/// </summary>
public readonly record struct Verdict
{
    private Verdict(VerdictKind kind, LogPosition by = default, long instant = 0, TimeSpan age = default)
    {
        Kind = kind;
        By = by;
        Instant = instant;
        Age = age;
    }

    /// <summary>What it is.</summary>
    public VerdictKind Kind { get; }

    /// <summary>
    /// The act that decided, for Revoked, Renew and Reauthenticate: its <see cref="LogPosition.ToRevocationId"/> explains.
    /// </summary>
    public LogPosition By { get; }

    /// <summary>
    /// Seconds since the Unix epoch: for Valid until when it can hold; for Reauthenticate the second that a login must be after.
    /// </summary>
    public long Instant { get; }

    /// <summary>For Unknown how old the replica's last proof is; <see cref="TimeSpan.MaxValue"/> if there is none.</summary>
    public TimeSpan Age { get; }

    /// <summary>Whether the token may be used.</summary>
    public bool IsValid => Kind is VerdictKind.Valid;

    internal static Verdict Valid(long until) => new(VerdictKind.Valid, instant: until);

    internal static Verdict Renew(LogPosition by) => new(VerdictKind.Renew, by);

    internal static Verdict Expired => new(VerdictKind.Expired);

    internal static Verdict Invalid => new(VerdictKind.Invalid);

    /// <summary>Taken back by an act; the default if it is not known by which.</summary>
    public static Verdict Revoked(LogPosition by) => new(VerdictKind.Revoked, by);

    /// <summary>Asks for a login after a second, by an act or, with the default, by what a route demands.</summary>
    public static Verdict Reauthenticate(LogPosition by, long after) => new(VerdictKind.Reauthenticate, by, after);

    /// <summary>Not known, because the last proof is <paramref name="age"/> old.</summary>
    public static Verdict Unknown(TimeSpan age) => new(VerdictKind.Unknown, age: age);
}
