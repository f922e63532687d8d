using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Rescind;

/// <summary>
/// What the Authority declares about one issuer. Travels in the log as the JSON text of an <see cref="LogEntryKind.Issuer"/>
/// entry, so that every verifier judges by the numbers that retention used. Immutable.
/// </summary>
public sealed record IssuerRecord
{
    /// <summary>The issuer's exact <c>iss</c> (T-23).</summary>
    public required string Issuer { get; init; }

    /// <summary>Whether this is the Authority's own issuer: the only one whose <c>lpos</c> counts.</summary>
    public bool Own { get; init; }

    /// <summary>The numbers in force for tokens from after <see cref="ChangedAt"/>.</summary>
    public required IssuerLimits Limits { get; init; }

    /// <summary>
    /// The numbers for tokens issued (logins made, for session lifetimes) up to <see cref="ChangedAt"/> and the skew;
    /// null if they never changed.
    /// </summary>
    public IssuerLimits? EarlierLimits { get; init; }

    /// <summary>When <see cref="Limits"/> last changed, in seconds since the Unix epoch.</summary>
    public long ChangedAt { get; init; }

    /// <summary>Whether its tokens carry no <c>iat</c>: every live cutoff that matches then kills (T-9).</summary>
    public bool IssuedAtAbsent { get; init; }

    /// <summary>
    /// Whether a token without the subject's claim is refused even if it names a client, as tokens of the client
    /// credentials grant do. Default: false; one that names neither is always refused.
    /// </summary>
    public bool SubjectRequired { get; init; }

    /// <summary>Whether its tokens carry <c>auth_time</c>.</summary>
    public bool SendsAuthTime { get; init; }

    /// <summary>
    /// The <c>typ</c> values that its access tokens use, compared as media types (AT-1), an empty one for none; an
    /// empty list refuses all.
    /// </summary>
    public required IReadOnlyList<string> Types { get; init; }

    /// <summary>The <c>alg</c> values that it uses, compared ordinally (BCP-3, BCP-4); empty refuses all.</summary>
    public required IReadOnlyList<string> Algorithms { get; init; }

    /// <summary>Which claims name subject, session, token and client.</summary>
    public IssuerClaims Claims { get; init; } = IssuerClaims.Standard;

    /// <summary>Where its keys are; null for our own, whose keys travel in the log.</summary>
    public string? JwksUri { get; init; }

    /// <summary>
    /// Whose logout tokens are taken here (OpenID Connect Back-Channel Logout): each <c>aud</c> is the client id of one
    /// app there. Default, empty: the issuer logs nobody out here.
    /// </summary>
    public IReadOnlyList<string> LogoutAudiences { get; init; } = [];

    /// <summary>
    /// The numbers that hold for something issued at <paramref name="instant"/> (seconds since the Unix epoch).
    /// </summary>
    public IssuerLimits LimitsFor(long instant) =>
        EarlierLimits is { } earlier && instant <= ChangedAt + Math.Max(earlier.ClockSkew, Limits.ClockSkew) ? earlier : Limits;

    /// <summary>
    /// This record with other numbers from <paramref name="now"/> on. What was issued before keeps the strictest
    /// lifetimes and leeway of all, whichever way they went; but the skew as it was, because entries from then are
    /// remembered for tokens up to that skew only, and what it killed must stay dead.
    /// </summary>
    public IssuerRecord WithLimits(IssuerLimits limits, long now)
    {
        if (limits == Limits)
        {
            return this;
        }

        var earlier = EarlierLimits is null ? Limits : IssuerLimits.Stricter(EarlierLimits, Limits);
        return this with
        {
            Limits = limits,
            EarlierLimits = IssuerLimits.Stricter(earlier, limits) with { ClockSkew = earlier.ClockSkew },
            ChangedAt = now,
        };
    }

    /// <summary>
    /// This record in place of <paramref name="previous"/> from <paramref name="now"/> on: what was issued under other
    /// numbers goes on being judged by them.
    /// </summary>
    public IssuerRecord After(IssuerRecord previous, long now)
    {
        ArgumentNullException.ThrowIfNull(previous);
        var carried = previous.WithLimits(Limits, now);
        return this with { EarlierLimits = carried.EarlierLimits, ChangedAt = carried.ChangedAt };
    }

    /// <summary>The JSON text that travels in the log.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, IssuerRecordJson.Default.IssuerRecord);

    /// <summary>
    /// Reads the JSON text of the log. An optional member that is null or missing has its default; <c>issuer</c>,
    /// <c>limits</c> with its four numbers, <c>types</c> and <c>algorithms</c> are required
    /// (<c>vectors/issuers.json</c>). Throws <see cref="JsonException"/> for anything else.
    /// </summary>
    public static IssuerRecord FromJson(string json)
    {
        // No text with half a surrogate pair, and nothing that is nested too deeply, whatever member it is in.
        if (!ClaimTable.TryRead(Encoding.UTF8.GetBytes(json), out _, out _))
        {
            throw new JsonException("An issuer record is an object of strict JSON.");
        }

        var members = JsonNode.Parse(json)!.AsObject();
        DropNulls(members);
        if (members["claims"] is JsonObject claims)
        {
            DropNulls(claims);
        }

        var read = members.Deserialize(IssuerRecordJson.Default.IssuerRecord)!;
        var record = read with { Claims = read.Claims ?? IssuerClaims.Standard, LogoutAudiences = read.LogoutAudiences ?? [] };
        return record.IsSound
            ? record
            : throw new JsonException("An issuer record has a number out of range, or a list with a null in it.");
    }

    private bool IsSound =>
        IsWhole(ChangedAt) && IsWhole(Limits) && (EarlierLimits is null || IsWhole(EarlierLimits))
        && !Types.Concat(Algorithms).Concat(LogoutAudiences).Contains(null!);

    private static bool IsWhole(IssuerLimits limits) =>
        IsWhole(limits.MaxTokenLifetime ?? 0) && IsWhole(limits.MaxSessionLifetime ?? 0) && IsWhole(limits.ClockSkew)
        && IsWhole(limits.Leeway);

    private static bool IsWhole(long number) => number is >= 0 and <= LogPosition.MaxValue;

    private static void DropNulls(JsonObject members)
    {
        foreach (var name in members.Where(member => member.Value is null).Select(member => member.Key).ToList())
        {
            members.Remove(name);
        }
    }

    /// <inheritdoc/>
    public bool Equals(IssuerRecord? other) => other is not null && ToJson() == other.ToJson();

    /// <inheritdoc/>
    public override int GetHashCode() => StringComparer.Ordinal.GetHashCode(Issuer);
}

/// <summary>
/// Which claims of an issuer name what: Entra's stable subject is <c>oid</c>, its token id <c>uti</c> (T-17, AT-12).
/// </summary>
/// <param name="Subject">The claim of the subject.</param>
/// <param name="Session">The claim of the session.</param>
/// <param name="Token">The claim of the token id.</param>
/// <param name="Client">The claim of the client.</param>
public sealed record IssuerClaims(
    string Subject = "sub", string Session = "sid", string Token = "jti", string Client = "client_id")
{
    /// <summary><c>sub</c>, <c>sid</c>, <c>jti</c>, <c>client_id</c>.</summary>
    public static IssuerClaims Standard { get; } = new();
}

// Members that a newer Authority adds are ignored; duplicates are refused (JWT-5).
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, AllowDuplicateProperties = false,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(IssuerRecord))]
internal sealed partial class IssuerRecordJson : JsonSerializerContext;
