namespace Rescind;

/// <summary>
/// The table of the kinds of match, a row each: whoever has to know what is so of a kind asks here, and lists no kinds.
/// The Authority compiles this file as well, so that there is one table and none of it is public. CONTRIBUTING.md says
/// what another kind takes.
/// </summary>
internal static class MatchKinds
{
    /// <summary>All rows, in the order of their numbers; there is none for <see cref="MatchKind.None"/>.</summary>
    public static MatchTraits[] All { get; } =
    [
        new(MatchKind.Token, "token", Effect.End, Effect.Renew)
        {
            Claim = static claims => claims.Token, Reach = MatchReach.Token, IsNarrow = true,
        },
        new(MatchKind.Digest, "digest", Effect.End, Effect.Renew) { Reach = MatchReach.Token, IsNarrow = true },
        new(MatchKind.Session, "session", Effect.End, Effect.Renew, Effect.Reauthenticate)
        {
            Claim = static claims => claims.Session, Reach = MatchReach.Login, IsNarrow = true, IsRecorded = true,
        },
        new(MatchKind.Subject, "subject", Effect.End, Effect.Renew, Effect.Reauthenticate, Effect.Block)
        {
            Claim = static claims => claims.Subject, IsNarrow = true, IsRecorded = true,
        },
        new(MatchKind.Client, "client", Effect.End, Effect.Renew, Effect.Reauthenticate, Effect.Block)
        {
            Claim = static claims => claims.Client, IsInTokensOfClients = true,
        },
        new(MatchKind.Tag, "tag", Effect.End, Effect.Renew, Effect.Reauthenticate, Effect.Block)
        {
            HasName = true, MayBeAbsent = true,
        },
        new(MatchKind.Key, "key", Effect.End) { Reach = MatchReach.Key, IsRecorded = true },
        new(MatchKind.Issuer, "issuer", Effect.End, Effect.Renew, Effect.Reauthenticate, Effect.Block)
        {
            HasValue = false, IsInTokensOfClients = true,
        },
    ];

    extension(Match match)
    {
        /// <summary>What is so of every match of its kind.</summary>
        public MatchTraits Traits => Of(match.Kind);

        /// <summary>
        /// The claim by which it names tokens of an issuer with these <paramref name="claims"/>, and an empty text where
        /// they have none; null if it names them by no claim: by their signing input, by their key, or all of them.
        /// </summary>
        public string? ClaimAmong(IssuerClaims claims) => match.Name ?? match.Traits.Claim?.Invoke(claims);
    }

    /// <summary>The row of a kind, which is not <see cref="MatchKind.None"/>.</summary>
    public static MatchTraits Of(MatchKind kind) => All[(int)kind - 1];

    /// <summary>The row of a kind; null for one that this version does not know.</summary>
    public static MatchTraits? Find(MatchKind kind) =>
        kind is not MatchKind.None && (int)kind <= All.Length ? Of(kind) : null;

    /// <summary>The row with this word; null for one that this version does not know.</summary>
    public static MatchTraits? Find(string word) => Array.Find(All, kind => kind.Word == word);
}

/// <summary>What is so of every match of one kind. What a row does not say is the careful answer.</summary>
/// <param name="kind">The kind.</param>
/// <param name="word">What it is called on the wire.</param>
/// <param name="effects">The effects that may be laid on it.</param>
internal sealed class MatchTraits(MatchKind kind, string word, params Effect[] effects)
{
    /// <summary>The kind.</summary>
    public MatchKind Kind => kind;

    /// <summary>What it is called on the wire.</summary>
    public string Word => word;

    /// <summary>
    /// The claim by which it names tokens, of those that an issuer's record calls something; null if it is none of one
    /// name. One that names more than one token names our own sessions by the same claim.
    /// </summary>
    public Func<IssuerClaims, string>? Claim { get; init; }

    /// <summary>Whether a match has a name beside its value: that of the claim.</summary>
    public bool HasName { get; init; }

    /// <summary>Whether a match has a value. Without one it names everything of the issuer.</summary>
    public bool HasValue { get; init; } = true;

    /// <summary>How much a match names.</summary>
    public MatchReach Reach { get; init; }

    /// <summary>
    /// Whether a match hits so little that the scope <c>revoke</c> is enough. What is not narrow is broad: it hits what
    /// nobody can count on fingers, asks for <c>revoke.broad</c>, and must be confirmed.
    /// </summary>
    public bool IsNarrow { get; init; }

    /// <summary>Whether our own store has a record of whatever such a match names, and can say that nothing is known.</summary>
    public bool IsRecorded { get; init; }

    /// <summary>Whether tokens that API clients get for themselves, which are of no session, are usually named as well.</summary>
    public bool IsInTokensOfClients { get; init; }

    /// <summary>Whether tokens may lack the claim without anybody noticing: they are not hit.</summary>
    public bool MayBeAbsent { get; init; }

    /// <summary>Whether our own sessions can be named: a refresh asks for acts on such matches.</summary>
    public bool NamesSessions => Reach is MatchReach.Many or MatchReach.Login;

    /// <summary>Whether an end needs no cutoff, because all that such a match will ever name is to be over.</summary>
    public bool EndsUnconditionally => Reach is not MatchReach.Many;

    /// <summary>Whether an effect may be laid on such a match.</summary>
    public bool Allows(Effect effect) => effects.Contains(effect);
}

/// <summary>How much a match names, and for how long there can be new tokens of that.</summary>
internal enum MatchReach : byte
{
    /// <summary>Tokens of many logins, also of such as are still to come.</summary>
    Many = 0,

    /// <summary>One token.</summary>
    Token = 1,

    /// <summary>All tokens of one login, for as long as it is refreshed.</summary>
    Login = 2,

    /// <summary>Whatever is signed by one key, by its owner or by a thief, for ever.</summary>
    Key = 3,
}
