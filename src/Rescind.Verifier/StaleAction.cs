namespace Rescind.Verifier;

/// <summary>
/// What a verifier does with a token that it would accept, were its replica fresh enough. The default rejects.
/// </summary>
public enum StaleAction
{
    /// <summary>It says that it does not know: 503 and <c>Retry-After</c>, at least 1 s, never 401 (BT-9).</summary>
    Reject = 0,

    /// <summary>
    /// It asks the Authority about this token (RFC 7662). Bounded in number and to two seconds: without an answer it is
    /// 503 as with <see cref="Reject"/>, at once while the Authority has left several questions unanswered. So are
    /// tokens of other issuers: the Authority knows its own alone.
    /// </summary>
    Introspect = 1,
}
