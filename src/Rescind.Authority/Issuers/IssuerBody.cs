using Rescind.Authority.Clients;

namespace Rescind.Authority.Issuers;

/// <summary>
/// An issuer's record as <c>/v1/issuers</c> takes and gives it. Lifetimes and margins are seconds; what is left out
/// comes from the profile.
/// </summary>
internal sealed record IssuerBody
{
    public required string Issuer { get; init; }

    /// <summary>A starting point for what is left out: one of <see cref="IssuerProfiles"/>; taken, never given.</summary>
    public string? Profile { get; init; }

    /// <summary>Whether it is this Authority's own; given, never taken.</summary>
    public bool? Own { get; init; }

    /// <summary>The longest <c>exp - iat</c>; null if that is not known: what is revoked there is then never forgotten.</summary>
    public long? MaxTokenLifetime { get; init; }

    public long? MaxSessionLifetime { get; init; }

    public long? ClockSkew { get; init; }

    public long? Leeway { get; init; }

    /// <summary><c>required</c> or <c>absent</c>.</summary>
    public string? Iat { get; init; }

    /// <summary><c>required</c>, or null: a client will do.</summary>
    public string? Subject { get; init; }

    public IReadOnlyList<string>? Types { get; init; }

    public IReadOnlyList<string>? Algorithms { get; init; }

    public IssuerClaimsBody? Claims { get; init; }

    public bool? SendsAuthTime { get; init; }

    public string? JwksUri { get; init; }

    /// <summary>The <c>aud</c> of its logout tokens, one for each of its apps; null if it logs nobody out here.</summary>
    public IReadOnlyList<string>? LogoutAudiences { get; init; }

    /// <summary>The record that this body makes.</summary>
    public IssuerRecord ToRecord()
    {
        var profile = IssuerProfiles.Find(Profile ?? IssuerProfiles.Default)!;
        return new()
        {
            Issuer = Issuer,
            Limits = new(MaxTokenLifetime, MaxSessionLifetime, ClockSkew ?? IssuerLimits.DefaultClockSkew,
                Leeway ?? IssuerLimits.DefaultLeeway),
            IssuedAtAbsent = Iat == "absent",
            SubjectRequired = Subject == "required",
            SendsAuthTime = SendsAuthTime ?? profile.SendsAuthTime,
            Types = Types ?? profile.Types,
            Algorithms = Algorithms ?? profile.Algorithms,
            Claims = Claims?.Over(profile.Claims) ?? profile.Claims,
            JwksUri = JwksUri,
            LogoutAudiences = LogoutAudiences ?? [],
        };
    }

    public static IssuerBody Of(IssuerRecord record) => new()
    {
        Issuer = record.Issuer,
        Own = record.Own ? true : null,
        MaxTokenLifetime = record.Limits.MaxTokenLifetime,
        MaxSessionLifetime = record.Limits.MaxSessionLifetime,
        ClockSkew = record.Limits.ClockSkew,
        Leeway = record.Limits.Leeway,
        Iat = record.IssuedAtAbsent ? "absent" : "required",
        Subject = record.SubjectRequired ? "required" : null,
        Types = record.Types,
        Algorithms = record.Algorithms,
        Claims = new(record.Claims.Subject, record.Claims.Session, record.Claims.Token, record.Claims.Client),
        SendsAuthTime = record.SendsAuthTime,
        JwksUri = record.JwksUri,
        LogoutAudiences = record.LogoutAudiences.Count == 0 ? null : record.LogoutAudiences,
    };
}

/// <summary>Which claims name what; an empty name for what the tokens do not carry, null for what the profile says.</summary>
internal sealed record IssuerClaimsBody(
    string? Subject = null, string? Session = null, string? Token = null, string? Client = null)
{
    public IssuerClaims Over(IssuerClaims profile) =>
        new(Subject ?? profile.Subject, Session ?? profile.Session, Token ?? profile.Token, Client ?? profile.Client);
}

internal sealed record IssuersBody(IReadOnlyList<IssuerBody> Issuers);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, AllowDuplicateProperties = false,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(IssuerBody))]
[JsonSerializable(typeof(IssuersBody))]
internal sealed partial class IssuerJson : JsonSerializerContext;
