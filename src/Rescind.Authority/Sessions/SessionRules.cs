using System.Buffers;
using Rescind.Authority.Clients;
using Rescind.Authority.Diagnostics;
using Rescind.Authority.Stores;
using Rescind.Authority.Syntax;

namespace Rescind.Authority.Sessions;

/// <summary>
/// What a session may be, whoever starts or changes it: sizes, reserved names, nothing that should not stand in a
/// token, and nothing that <c>/v1</c> could take for an API client. Pure.
/// </summary>
internal sealed class SessionRules(string issuer, long now, ICollection<string> allowedSensitiveClaims)
{
    // Far more than can stand in a token, so that nothing longer is read at all.
    private const int LongestClaims = 64 * 1024;

    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    /// <summary>The first rule that <paramref name="start"/> breaks, or null.</summary>
    public Refusal? Validate(SessionStart start) =>
        ValidateTexts(start) ?? ValidateSyntax(start.Claims) ?? ValidateReserved(start) ?? ValidateScope(start.Scope)
        ?? ValidateClaims(start)
        ?? ValidateContents(start) ?? ValidateLogin(start) ?? ValidateSize(start);

    /// <summary>
    /// The same of a session that is changed or stated anew: whatever it becomes, it could have been started as.
    /// </summary>
    public Refusal? Validate(Session session) => Validate(new SessionStart
    {
        Subject = session.Subject,
        ClientId = session.ClientId,
        Audience = session.Audience,
        Scope = session.Scope,
        Claims = session.Claims,
        Tags = session.Tags.ToDictionary(tag => tag.Name, tag => tag.Value),
        DeviceName = session.Device?.Name,
        DeviceUserAgent = session.Device?.UserAgent,
        DeviceAddress = session.Device?.Address,
        Amr = session.Amr,
        Acr = session.Acr,
    });

    private static Refusal? ValidateTexts(SessionStart start)
    {
        if (start.Audience.Count is 0 or > SessionLimits.MaxAudiences || start.Amr.Count > SessionLimits.MaxMethods)
        {
            return Errors.SessionTooLarge.Refusal("There are no or too many values in audience or amr.");
        }

        (string Name, string? Text)[] texts =
        [
            ("scope", start.Scope), ("acr", start.Acr), ("replaces", start.Replaces),
            ("device.name", start.DeviceName), ("device.user_agent", start.DeviceUserAgent),
            ("device.address", start.DeviceAddress),
        ];
        (string Name, string? Text)[] required =
        [
            ("subject", start.Subject), ("client_id", start.ClientId),
            .. start.Audience.Select(audience => ("audience", (string?)audience)),
            .. start.Amr.Select(method => ("amr", (string?)method)),
        ];
        return required.Concat(texts.Where(t => t.Text is not null)).Where(t => !IsText(t.Text))
            .Select(t => Errors.SessionTooLarge.Refusal(
                $"{t.Name} is empty, not valid Unicode, or longer than {SessionLimits.MaxTextBytes} bytes.")).FirstOrDefault();
    }

    // Read as strictly as a verifier will read the token: what it would not take must not be signed.
    private static Refusal? ValidateSyntax(string? claims)
    {
        if (claims?.Length > LongestClaims)
        {
            return Errors.SessionTooLarge.Refusal($"claims are longer than {LongestClaims} characters.");
        }

        try
        {
            return JsonSyntax.Check(StrictUtf8.GetBytes(claims ?? "")) is { } malformed
                ? Errors.InvalidValue.Refusal(
                    $"claims is no JSON that a token can carry: {malformed.Error.Title} {malformed.Specifics}")
                : null;
        }
        catch (EncoderFallbackException)
        {
            return Errors.InvalidValue.Refusal("claims is not valid Unicode.");
        }
    }

    private Refusal? ValidateReserved(SessionStart start) =>
        ReservedNames.IsSubject(start.Subject) ? Errors.ReservedSubject.Refusal()
        : start.Audience.Any(audience => ReservedNames.IsAudience(audience, issuer)) ? Errors.ReservedAudience.Refusal()
        : null;

    // RFC 6749 section 3.3.
    private static Refusal? ValidateScope(string? scope)
    {
        if (scope is null)
        {
            return null;
        }

        var names = scope.Split(' ');
        return names.Any(name => name.Length == 0 || name.Any(c => c is not (>= '!' and <= '~') or '"' or '\\'))
            ? Errors.InvalidValue.Refusal("scope is no list of names with single spaces between them.")
            : names.Any(ReservedNames.IsScope) ? Errors.ReservedScope.Refusal()
            : null;
    }

    private static Refusal? ValidateClaims(SessionStart start)
    {
        using var claims = JsonDocument.Parse(start.Claims);
        if (claims.RootElement.ValueKind is not JsonValueKind.Object)
        {
            return Errors.InvalidValue.Refusal("claims is no object.");
        }

        string[] names = [.. claims.RootElement.EnumerateObject().Select(claim => claim.Name), .. start.Tags.Keys];
        return names.Length - start.Tags.Count > SessionLimits.MaxClaims || start.Tags.Count > SessionLimits.MaxTags
                ? Errors.SessionTooLarge.Refusal(
                    $"There are more than {SessionLimits.MaxClaims} claims or {SessionLimits.MaxTags} tags.")
            : claims.RootElement.EnumerateObject().Sum(claim => MintedClaims.CountOf(claim.Value))
                + start.Tags.Count > SessionLimits.MaxValues
                ? Errors.SessionTooLarge.Refusal(
                    $"Claims and tags have more than {SessionLimits.MaxValues} values, each element of a list by itself.")
            : names.FirstOrDefault(ReservedClaims.Contains) is { } reserved
                ? Errors.ReservedClaim.Refusal($"It is {JsonSyntax.Shorten(reserved)}.")
            : names.Distinct().Count() != names.Length
                ? Errors.InvalidValue.Refusal("A claim and a tag have the same name.")
            : names.Concat(start.Tags.Values).All(IsText)
                ? null
                : Errors.SessionTooLarge.Refusal(
                    $"A name or a tag's value is empty, not valid Unicode, or longer than {SessionLimits.MaxTextBytes} bytes.");
    }

    private Refusal? ValidateContents(SessionStart start)
    {
        using var claims = JsonDocument.Parse(start.Claims);
        var found = claims.RootElement.EnumerateObject()
            .Where(claim => !IsAllowed(claim.Name)).Select(claim => ClaimsGuard.Find(claim.Name, claim.Value))
            .Concat(start.Tags.Where(tag => !IsAllowed(tag.Key)).Select(tag => ClaimsGuard.Find(tag.Key, tag.Value)))
            .FirstOrDefault(sensitive => sensitive is not null);
        return found is null ? null : Errors.SensitiveClaim.Refusal(
            $"It is {JsonSyntax.Shorten(found.Claim)}, which looks like {found.Detector.LooksLike} (detector "
            + $"{found.Detector.Id}).");
    }

    private bool IsAllowed(string claim) => allowedSensitiveClaims.Contains(claim);

    private Refusal? ValidateLogin(SessionStart start) => start.AuthenticatedAt?.ToUnixTimeSeconds() switch
    {
        null => null,
        <= 0 => Errors.InvalidValue.Refusal("auth_time is not after 1970."),
        { } login when login > now + SessionLimits.MaxFutureLogin => Errors.FutureLogin.Refusal(),
        _ => null,
    };

    private static Refusal? ValidateSize(SessionStart start)
    {
        var content = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(content))
        {
            writer.WriteStartArray();
            string?[] texts = [start.Subject, start.ClientId, start.Scope, start.Acr, .. start.Audience, .. start.Amr];
            foreach (var text in texts)
            {
                writer.WriteStringValue(text);
            }

            foreach (var (name, value) in start.Tags)
            {
                writer.WriteStringValue(name);
                writer.WriteStringValue(value);
            }

            using var claims = JsonDocument.Parse(start.Claims);
            claims.WriteTo(writer);
            writer.WriteEndArray();
        }

        return content.WrittenCount <= SessionLimits.MaxTokenContentBytes
            ? null
            : Errors.SessionTooLarge.Refusal(
                $"What goes into the token is more than {SessionLimits.MaxTokenContentBytes} bytes of JSON.");
    }

    private static bool IsText(string? text)
    {
        try
        {
            return text is { Length: > 0 } && StrictUtf8.GetByteCount(text) <= SessionLimits.MaxTextBytes;
        }
        catch (EncoderFallbackException)
        {
            return false;
        }
    }
}
