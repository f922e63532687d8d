namespace Rescind;

/// <summary>One thing that should not stand in a token, and how it is told of.</summary>
/// <param name="Id">Its stable name: <c>email</c>.</param>
/// <param name="LooksLike">What a claim looks like to it, as the end of a sentence: <c>an e-mail address</c>.</param>
public sealed record ClaimDetector(string Id, string LooksLike);

/// <summary>A claim that carries what should not stand in a token. Never holds the value.</summary>
/// <param name="Claim">The claim's name; <see cref="ClaimsGuard.NameItself"/> where the name is what was found.</param>
/// <param name="Detector">What found it.</param>
public sealed record SensitiveClaim(string Claim, ClaimDetector Detector);

/// <summary>
/// Finds secrets and personal data in claims: whoever holds a token can read it, and tokens end up in logs. It goes by
/// form and check digits, so it finds what was put there by mistake, not what somebody hides. Pure; its time is linear
/// in the length of the claim. <c>docs/guide/claims-guard.md</c> lists the detectors.
/// </summary>
public static class ClaimsGuard
{
    /// <summary>Stands for a claim whose name is itself what was found: the name is not repeated.</summary>
    public const string NameItself = "(the name of a claim)";

    private static readonly ClaimDetector ByName = new("name", "a secret or personal data, by its name");
    private static readonly ClaimDetector PrivateKey = new("private_key", "a private key");
    private static readonly ClaimDetector Token = new("token", "a token");
    private static readonly ClaimDetector ApiKey = new("api_key", "an API key or a refresh token");
    private static readonly ClaimDetector Password = new("password", "a password, or the hash of one");
    private static readonly ClaimDetector Email = new("email", "an e-mail address");
    private static readonly ClaimDetector Card = new("card_number", "the number of a payment card");
    private static readonly ClaimDetector Phone = new("phone_number", "a telephone number");
    private static readonly ClaimDetector NationalId = new("national_id", "the number by which a state knows a person");

    /// <summary>All detectors, in the order in which they are asked: the first that finds something is named.</summary>
    public static IReadOnlyList<ClaimDetector> Detectors { get; } =
        [ByName, PrivateKey, Token, ApiKey, Password, Email, Card, Phone, NationalId];

    /// <summary>What a claim carries that it should not, at any depth; null if nothing was found.</summary>
    public static SensitiveClaim? Find(string name, JsonElement value)
    {
        ArgumentNullException.ThrowIfNull(name);
        return Found(name, Detect(name, value));
    }

    /// <summary>The same of a claim that is a text.</summary>
    public static SensitiveClaim? Find(string name, string value)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(value);
        return Found(name, SensitiveNames.Contains(name) ? ByName : Detect(value));
    }

    private static SensitiveClaim? Found(string name, ClaimDetector? detector) =>
        Detect(name) is { } inName ? new(NameItself, inName)
        : detector is null ? null
        : new(name, detector);

    private static ClaimDetector? Detect(string name, JsonElement value) =>
        value.ValueKind is JsonValueKind.Null or JsonValueKind.True or JsonValueKind.False ? null
        : SensitiveNames.Contains(name) ? ByName
        : value.ValueKind switch
        {
            JsonValueKind.String => Detect(value.GetString()!),
            JsonValueKind.Number => Detect(value.GetRawText()),
            JsonValueKind.Array =>
                value.EnumerateArray().Select(item => Detect("", item)).FirstOrDefault(found => found is not null),
            JsonValueKind.Object when IsPrivateJwk(value) => PrivateKey,
            JsonValueKind.Object => value.EnumerateObject()
                .Select(member => Detect(member.Name) ?? Detect(member.Name, member.Value))
                .FirstOrDefault(found => found is not null),
            _ => null,
        };

    private static ClaimDetector? Detect(string text) =>
        SecretTexts.IsPrivateKey(text) ? PrivateKey
        : TextParts.Any(text, SecretTexts.IsToken) ? Token
        : TextParts.Any(text, ApiKeys.IsOne) ? ApiKey
        : SecretTexts.HoldsPassword(text) || TextParts.Any(text, SecretTexts.IsUrlWithPassword) ? Password
        : TextParts.Any(text, Contacts.IsEmail) ? Email
        : CardNumbers.AreIn(text) ? Card
        : Contacts.IsPhone(text) ? Phone
        : TextParts.Any(text, NationalIds.IsOne) ? NationalId
        : null;

    private static bool IsPrivateJwk(JsonElement value) =>
        value.TryGetProperty("kty", out _) && (value.TryGetProperty("d", out _) || value.TryGetProperty("k", out _));
}
