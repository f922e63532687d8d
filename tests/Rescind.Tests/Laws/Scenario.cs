using System.Text.Json.Nodes;
using CsCheck;

namespace Rescind.Tests.Laws;

/// <summary>
/// One act, as a list of acts would keep it. <see cref="Log"/> tells which of two logs holds it, when there was a fork.
/// </summary>
internal sealed record Act(
    MatchKind Kind, string? Name, string? Value, Effect Effect, long Position, long Second, bool Lifted, int Log)
{
    public Match Match => Rescind.Match.From(Kind, Name, Value);

    public Revocation ToRevocation(string issuer, bool lifted, long rememberUntil = RevocationState.Never) => new()
    {
        Position = new(Position),
        At = Position / 1_000_000,
        Issuer = issuer,
        Match = Match,
        Effect = Effect,
        Second = Second,
        Reason = "a law",
        Actor = "client:laws",
        RememberUntil = rememberUntil,
        LiftedBy = lifted ? new(Position + 1_000) : null,
    };
}

/// <summary>One token, by its claims; null is a claim that is not there.</summary>
internal sealed record Token(
    string? Jti, string? Sid, string Sub, string Client, string Tenant, string[] Roles, long? IssuedAt, long Expires)
{
    public long? Lpos { get; init; }

    public long? AuthTime { get; init; }

    public string? Thumbprint { get; init; }

    public string ToText(string issuer)
    {
        var payload = new JsonObject
        {
            ["iss"] = issuer,
            ["sub"] = Sub,
            ["client_id"] = Client,
            ["tenant"] = Tenant,
            ["roles"] = new JsonArray([.. Roles.Select(role => JsonValue.Create(role))]),
            ["level"] = 7,
            ["exp"] = Expires,
        };
        Add(payload, "jti", Jti);
        Add(payload, "sid", Sid);
        Add(payload, "iat", IssuedAt);
        Add(payload, "lpos", Lpos);
        Add(payload, "auth_time", AuthTime);
        return TestToken.Of(payload);
    }

    private static void Add<T>(JsonObject payload, string name, T? value)
    {
        if (value is not null)
        {
            payload[name] = JsonValue.Create(value);
        }
    }
}

/// <summary>
/// An issuer, acts in the order of their positions, tokens, and a moment: small enough that everything meets everything.
/// </summary>
internal sealed record Scenario(IssuerRecord Issuer, Act[] Acts, Token[] Tokens, long Now)
{
    public const long Second = 1_767_225_600;
    public const long FirstPosition = Second * 1_000_000;

    private static readonly (MatchKind Kind, string? Name, string? Value)[] Matches =
    [
        (MatchKind.Token, null, "t1"), (MatchKind.Token, null, "t2"), (MatchKind.Digest, null, "of the first token"),
        (MatchKind.Session, null, "s1"), (MatchKind.Session, null, "s2"), (MatchKind.Subject, null, "a"),
        (MatchKind.Subject, null, "b"), (MatchKind.Client, null, "a"), (MatchKind.Client, null, "b"),
        (MatchKind.Tag, "tenant", "x"), (MatchKind.Tag, "tenant", "y"),
        (MatchKind.Tag, "roles", "x"), (MatchKind.Tag, "level", "7"), (MatchKind.Tag, "sub", "a"), (MatchKind.Key, null, "k1"),
        (MatchKind.Key, null, "k2"), (MatchKind.Key, null, "thumb"), (MatchKind.Issuer, null, null),
    ];

    private static readonly IReadOnlyList<Act> EveryOwn = Every(own: true);
    private static readonly IReadOnlyList<Act> EveryForeign = Every(own: false);

    private static readonly Gen<string> Name = Gen.Bool.Select(one => one ? "a" : "b");

    private static readonly Gen<Token> AnyToken = Gen.Select(
        Gen.Int[0, 2], Gen.Int[0, 2], Name, Name, Gen.Bool, Gen.Int[0, 2], Gen.Int[-12, 12], Gen.Int[20, 330],
        (jti, sid, sub, client, tenant, roles, issued, life) => new Token(
            jti == 0 ? null : $"t{jti}", sid == 0 ? null : $"s{sid}", sub, client, tenant ? "x" : "y",
            roles == 0 ? [] : roles == 1 ? ["x"] : ["y", "x"], Second + issued, Second + issued + life))
        .Select(Gen.Int[-1, 18], Gen.Int[-13, 12], Gen.Bool, (token, lpos, login, thumb) => token with
        {
            Lpos = lpos < 0 ? null : FirstPosition + (lpos * 5),
            AuthTime = login < -12 ? null : Second + login,
            Thumbprint = thumb ? "thumb" : null,
        });

    private static List<Act> Every(bool own) =>
    [
        .. from match in Matches
           from effect in Enum.GetValues<Effect>()
           where Match.From(match.Kind, match.Name, match.Value).Allows(effect, own)
           select new Act(match.Kind, match.Name, match.Value, effect, 0, Second + ((int)effect * 2) - 3, Lifted: false, Log: 0),
    ];

    // Most effects that fit; a match that allows none of its own falls back to an end, which all allow.
    private static Gen<Act[]> AnyActs(bool own, int longest) => Gen.Select(
        Gen.Int[0, Matches.Length - 1], Gen.Int[1, 4], Gen.Int[-12, 12], Gen.Int[0, 3], Gen.Bool,
        (match, effect, second, lifted, log) =>
            (Match: Matches[match], Effect: (Effect)effect, second, Lifted: lifted == 0, Log: log ? 1 : 0))
        .Array[0, longest]
        .Select(drawn => drawn.Select((act, i) =>
        {
            var allowed = Match.From(act.Match.Kind, act.Match.Name, act.Match.Value).Allows(act.Effect, own);
            return new Act(act.Match.Kind, act.Match.Name, act.Match.Value, allowed ? act.Effect : Effect.End,
                FirstPosition + ((i + 1) * 10), Second + act.second, act.Lifted, act.Log);
        }).ToArray());

    private static readonly Gen<IssuerRecord> AnyIssuer = Gen.Select(
        Gen.Bool, Gen.Int[0, 3], Gen.Bool, (own, variant, isDeclared) =>
            TestLog.Record(own, new(isDeclared ? 300 : null, isDeclared ? 3600 : null, own ? 0 : variant * 2, 30)) with
            {
                IssuedAtAbsent = !own && variant == 0,
            });

    /// <summary>Each match with each effect that it allows; cutoffs a little before and after the tokens of a scenario.</summary>
    public static IReadOnlyList<Act> EveryAct(bool own) => own ? EveryOwn : EveryForeign;

    public static Gen<Scenario> Any(int longest) => AnyIssuer.SelectMany(issuer => Gen.Select(
        AnyActs(issuer.Own, longest), AnyToken.Array[1, 2], Gen.Int[-40, 380],
        (acts, tokens, now) =>
            new Scenario(issuer, acts, [.. tokens.Select(token => Fit(token, issuer))], Second + now).WithDigests()));

    public override string ToString() =>
        $"{(Issuer.Own ? "own" : "foreign")} {Issuer.Limits} "
        + $"now={Now}\n{string.Join<object>('\n', Acts)}\n{string.Join<object>('\n', Tokens)}";

    public TokenFacts Facts(Token token) => TestToken.Read(token.ToText(Issuer.Issuer), Issuer, token.Thumbprint);

    /// <summary>The entries of one log: the state of a match after each act on it, then after each lift.</summary>
    public List<LogEntry> Entries(int? log = null)
    {
        var entries = new List<LogEntry> { TestLog.Entry(Issuer) };
        var acts = Acts.Where(act => log is null || act.Log == log).ToList();
        for (var i = 0; i < acts.Count; i++)
        {
            var sofar = acts.Take(i + 1).Where(act => act.Match == acts[i].Match)
                .Select(act => act.ToRevocation(Issuer.Issuer, lifted: false));
            entries.Add(TestLog.Entry(Issuer.Issuer, acts[i].Match, RevocationState.Of(sofar, Issuer.Own), acts[i].Position));
        }

        foreach (var lifted in acts.Where(act => act.Lifted))
        {
            var all = acts.Where(act => act.Match == lifted.Match).Select(act => act.ToRevocation(Issuer.Issuer, act.Lifted));
            entries.Add(TestLog.Entry(Issuer.Issuer, lifted.Match, RevocationState.Of(all, Issuer.Own), lifted.Position + 1_000));
        }

        return entries;
    }

    private static Token Fit(Token token, IssuerRecord issuer) => token with
    {
        Jti = issuer.Own ? token.Jti ?? "t1" : token.Jti,
        IssuedAt = issuer.IssuedAtAbsent ? null : token.IssuedAt,
    };

    public Scenario WithDigests()
    {
        var digest = TestToken.DigestOf(Tokens[0].ToText(Issuer.Issuer));
        return this with { Acts = [.. Acts.Select(act => act.Kind is MatchKind.Digest ? act with { Value = digest } : act)] };
    }
}
