namespace Rescind.Simulation;

/// <summary>A token as a node has minted it, read as a verifier reads it.</summary>
/// <param name="Facts">What it says.</param>
/// <param name="Tenant">Its one tag.</param>
/// <param name="Started">The start of its session: the head that its first token named.</param>
internal sealed record Minted(TokenFacts Facts, string Tenant, LogPosition Started)
{
    public const string Tag = "tenant";

    public string Id => Facts.TokenId!;

    public LogPosition Head => Facts.LogPosition;

    /// <summary>Takes the token apart; the start of a session is the head of its first one.</summary>
    public static Minted Read(string text, IssuerRecord record, string tenant, LogPosition? started)
    {
        CompactJws.TryRead(text, out var jws, out var fault).ShouldBeTrue(fault.ToString());
        TokenFacts.TryCreate(jws!, record, null, out var facts, out fault).ShouldBeTrue(fault.ToString());
        return new(facts!, tenant, started ?? facts!.LogPosition);
    }

    public bool Is(Match match) => match.Kind switch
    {
        MatchKind.Token => match.Value == Id,
        MatchKind.Key => match.Value == Facts.KeyId,
        _ => IsOfSession(match),
    };

    /// <summary>Whether <paramref name="match"/> names its session, and not this token alone.</summary>
    public bool IsOfSession(Match match) => match.Kind switch
    {
        MatchKind.Session => match.Value == Facts.SessionId,
        MatchKind.Subject => match.Value == Facts.Subject,
        MatchKind.Client => match.Value == Facts.ClientId,
        MatchKind.Tag => match.Name == Tag && match.Value == Tenant,
        MatchKind.Issuer => true,
        _ => false,
    };

    /// <summary>Names no key: those differ from run to run.</summary>
    public override string ToString() => $"token {Id} of {Facts.Subject} ({Facts.ClientId}, {Tenant}), "
        + $"session {Facts.SessionId} from {Started}, minted at {Head}, login {Facts.AuthTime}";
}
