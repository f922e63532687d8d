using System.Security.Cryptography;
using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Order;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Rescind.Benchmarks;

/// <summary>
/// The whole verdict over a million live entries of every kind, beside the common library's validation of the same
/// ES256 tokens: the goal is at most 1 % of it, and no allocation.
/// </summary>
[MemoryDiagnoser]
[Orderer(SummaryOrderPolicy.Declared)]
[SimpleJob(warmupCount: 3, iterationCount: 9)]
public class VerdictBenchmark
{
    private const int Entries = 1_000_000;
    private const int Tokens = 256;
    private const string Issuer = "https://auth.shop.example";

    private readonly JsonWebTokenHandler _handler = new();
    private readonly string[] _texts = new string[Tokens];
    private readonly TokenFacts[] _facts = new TokenFacts[Tokens];
    private TokenValidationParameters _parameters = null!;
    private Judge _judge = null!;
    private int _next;

    [GlobalSetup]
    public void Setup()
    {
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        var record = new IssuerRecord { Issuer = Issuer, Own = true, Limits = new(300, 7_776_000, 0, 30), Types = ["at+jwt"],
            Algorithms = ["ES256"] };
        var replica = Replica.CreateAuthoritative(TimeProvider.System, Entropy.System);
        var entries = LiveEntries(record, now).ToList();
        replica.Append(entries, new("bench", entries[^1].Position, now, LogChain.Start("bench")));
        _judge = new(replica, TimeProvider.System);

        var key = new ECDsaSecurityKey(ECDsa.Create(ECCurve.NamedCurves.nistP256)) { KeyId = "k-1" };
        _parameters = new() { ValidIssuer = Issuer, ValidAudience = "orders", IssuerSigningKey = key, ValidTypes = ["at+jwt"],
            ValidAlgorithms = ["ES256"] };
        for (var i = 0; i < Tokens; i++)
        {
            _texts[i] = Mint(key, i, now);
            _facts[i] = CompactJws.TryRead(_texts[i], out var jws, out _)
                && TokenFacts.TryCreate(jws, record, null, out var facts, out _)
                ? facts
                : throw new InvalidOperationException("The benchmark's token is not read.");
        }

        if (!_facts.All(facts => _judge.Decide(facts, TimeSpan.Zero).IsValid))
        {
            throw new InvalidOperationException("The benchmark's tokens are to be valid: a hit would end the work early.");
        }
    }

    [Benchmark(Baseline = true)]
    public Task<TokenValidationResult> ValidateTokenAsync_ES256() =>
        _handler.ValidateTokenAsync(_texts[_next++ % Tokens], _parameters);

    [Benchmark]
    public Verdict Decide_over_a_million_entries() => _judge.Decide(_facts[_next++ % Tokens], TimeSpan.FromSeconds(5));

    // Every kind is live, so every probe is made; one in fifty is in the side table.
    private static IEnumerable<LogEntry> LiveEntries(IssuerRecord record, long now)
    {
        yield return new() { Kind = LogEntryKind.Issuer, Position = new(1), At = now, Issuer = Issuer, Match = Match.Issuer,
            Record = record.ToJson() };
        var start = now * 1_000_000;
        for (var i = 0; i < Entries; i++)
        {
            var by = new LogPosition(start + i);
            var end = new Slot(by, by.Value / 1_000_000);
            var aside = i % 50 == 0;
            yield return new()
            {
                Kind = LogEntryKind.State,
                Position = by,
                At = now,
                Issuer = Issuer,
                Match = MatchOf(i),
                State = new(end, aside ? end : default, default, aside ? new(by, now + 600) : default, now + 3600),
            };
        }
    }

    private static Match MatchOf(int i) => (i % 10) switch
    {
        < 5 => Match.Token($"other-{i}"),
        < 7 => Match.Session($"other-{i}"),
        7 => Match.Subject($"other-{i}"),
        8 => i % 100 == 8 ? Match.Client($"other-{i}") : Match.Tag("tenant", $"other-{i}"),
        _ => i % 100 == 9 ? Match.Key($"other-{i}") : Match.Token($"other-{i}"),
    };

    private static string Mint(ECDsaSecurityKey key, int i, long now) =>
        new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(
        new SecurityTokenDescriptor
        {
            TokenType = "at+jwt",
            SigningCredentials = new(key, SecurityAlgorithms.EcdsaSha256),
            Claims = new Dictionary<string, object>
            {
                ["iss"] = Issuer, ["sub"] = $"u-{i}", ["aud"] = "orders", ["client_id"] = "web", ["jti"] = $"t-{i}",
                    ["sid"] = $"s-{i}", ["tenant"] = "acme",
                ["iat"] = now, ["exp"] = now + 300, ["auth_time"] = now, ["lpos"] = now * 1_000_000, ["scope"] = "orders.read",
            },
        });
}
