using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Rescind.Simulation;

/// <summary>A token as the Authority minted it. Its signature signs nothing: a verdict is given after it was verified.</summary>
internal sealed record Minted(
    string Id, string Session, string Subject, string Client, string Tenant, string Key, LogPosition Head, long At)
{
    public const string Issuer = "https://auth.shop.example";
    public const long Lifetime = 600;

    public static IssuerRecord Record { get; } = new()
    {
        Issuer = Issuer,
        Own = true,
        Limits = new(Lifetime, 3600, 0, 60),
        SendsAuthTime = true,
        Types = ["at+jwt"],
        Algorithms = ["ES256"],
    };

    public TokenFacts ToFacts()
    {
        var payload = string.Create(CultureInfo.InvariantCulture,
            $$"""
            {"iss":"{{Issuer}}","jti":"{{Id}}","sid":"{{Session}}","sub":"{{Subject}}","client_id":"{{Client}}",
            "tenant":"{{Tenant}}","aud":"orders",
            "iat":{{At}},"exp":{{At + Lifetime}},"auth_time":{{At}},"lpos":{{Head.Value}}}
            """);
        var header = $$"""{"alg":"ES256","typ":"at+jwt","kid":"{{Key}}"}""";
        var text = $"{Encode(header)}.{Encode(payload)}.AAAA";
        CompactJws.TryRead(text, out var jws, out var fault).ShouldBeTrue(fault.ToString());
        TokenFacts.TryCreate(jws!, Record, null, out var facts, out fault).ShouldBeTrue(fault.ToString());
        return facts!;
    }

    public bool Is(Match match) => match.Kind switch
    {
        MatchKind.Token => match.Value == Id,
        MatchKind.Session => match.Value == Session,
        MatchKind.Subject => match.Value == Subject,
        MatchKind.Client => match.Value == Client,
        MatchKind.Tag => match.Name == "tenant" && match.Value == Tenant,
        MatchKind.Key => match.Value == Key,
        _ => false,
    };

    private static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));
}
