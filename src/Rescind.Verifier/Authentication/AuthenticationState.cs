namespace Rescind.Verifier.Authentication;

/// <summary>
/// What one authentication of one request has found so far. The token handler fills it and the events judge it; the framework
/// hands nothing from one to the other but the principal, and facts never come from a principal. So it flows with the call.
/// </summary>
internal sealed class AuthenticationState
{
    private static readonly AsyncLocal<AuthenticationState?> Flowing = new();

    /// <summary>The state of the authentication that is under way here; null outside of one.</summary>
    public static AuthenticationState? Current => Flowing.Value;

    /// <summary>The facts of the token whose signature is genuine.</summary>
    public TokenFacts? Facts { get; set; }

    /// <summary>The very text that they were taken from.</summary>
    public string Text { get; set; } = "";

    /// <summary>What the verdict is so far; <see cref="VerdictKind.Undecided"/> refuses.</summary>
    public VerdictKind Kind { get; set; }

    /// <summary>The same, complete, once the token was judged.</summary>
    public Verdict Verdict { get; set; }

    /// <summary>Whether it was found valid first.</summary>
    public bool IsTakenBack { get; set; }

    /// <summary>When an unknown can be known, as far as that is known itself; otherwise zero.</summary>
    public TimeSpan RetryAfter { get; set; }

    /// <summary>What the route demands of the login behind the token; null if nothing.</summary>
    public StepUp? StepUp { get; set; }

    /// <summary>Makes this the state of the calling async method and all that it calls.</summary>
    public void Begin()
    {
        Facts = null;
        Text = "";
        Kind = VerdictKind.Undecided;
        Verdict = default;
        IsTakenBack = false;
        RetryAfter = default;
        StepUp = null;
        Flowing.Value = this;
    }
}
