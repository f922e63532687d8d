namespace Rescind.Verifier;

/// <summary>What a verifier does with a token that it would accept, were its replica fresh enough.</summary>
public enum StaleAction
{
    /// <summary>It says that it does not know: 503 and Retry-After.</summary>
    Reject = 0,

    /// <summary>
    /// It asks the Authority about this token (RFC 7662). Bounded: while the Authority does not answer either, it is
    /// 503 at once. Tokens of other issuers are answered 503 as with <see cref="Reject"/>: the Authority knows its own
    /// alone.
    /// </summary>
    Introspect = 1,
}
