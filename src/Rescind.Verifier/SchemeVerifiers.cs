using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;
using Rescind.Verifier.Authentication;
using Rescind.Verifier.Diagnostics;

namespace Rescind.Verifier;

/// <summary>
/// Every scheme that judges, and every Authority that is followed for them. Made once, when the app starts; throws
/// <see cref="InvalidOperationException"/> if two schemes contradict each other. Safe for concurrent use.
/// </summary>
internal sealed class SchemeVerifiers : IDisposable
{
    private readonly Dictionary<string, SchemeVerifier> _byScheme = [];

    public SchemeVerifiers(
        IOptions<AuthenticationOptions> authentication, RevocableSchemes schemes, IOptionsMonitor<VerifierOptions> options,
        IServiceProvider provider)
    {
        // The schemes are known only after the authentication options were made.
        _ = authentication.Value;
        var given = schemes.Names.Select(name => (Name: name, Options: options.Get(name))).ToList();
        var groups = given.GroupBy(scheme => FollowerKey.Of(scheme.Options), scheme => scheme).ToList();
        RefuseContradictions([.. groups.Select(static group => group.Key)]);
        foreach (var group in groups)
        {
            var followed = new FollowedAuthority(group.Key, [.. group], provider);
            Followed.Add(followed);
            foreach (var scheme in followed.Schemes)
            {
                _byScheme.Add(scheme.Name, scheme);
            }
        }
    }

    public List<FollowedAuthority> Followed { get; } = [];

    public IReadOnlyCollection<SchemeVerifier> All => _byScheme.Values;

    /// <summary>
    /// The one Authority that is followed; throws <see cref="InvalidOperationException"/> if there are several.
    /// </summary>
    public FollowedAuthority Only =>
        Followed is [var only] ? only : throw VerifierErrors.SeveralFollowed.ToException();

    public SchemeVerifier Of(string scheme) => _byScheme.TryGetValue(scheme, out var found)
        ? found
        : throw new ArgumentException($"The scheme '{scheme}' is not one of AddRescind() or AddRevocation().", nameof(scheme));

    public void Dispose() => Followed.ForEach(static followed => followed.Dispose());

    private static void RefuseContradictions(List<FollowerKey> keys)
    {
        foreach (var (one, other) in keys.SelectMany((one, i) => keys.Skip(i + 1).Select(other => (one, other))))
        {
            if (one.Authority is null || other.Authority is null || one.ClientId != other.ClientId)
            {
                continue;
            }

            if (one.Authority != other.Authority && one.ClientSecret == other.ClientSecret)
            {
                throw VerifierErrors.SchemesContradict.ToException(
                    $"The credentials of the client '{one.ClientId}' would go to {one.Authority} and to {other.Authority}.");
            }

            // An Authority tells verifiers apart by client and instance: a receipt would take one's word for both.
            if (one.Authority == other.Authority && one.Instance is not null && one.Instance == other.Instance)
            {
                throw VerifierErrors.SchemesContradict.ToException(
                    $"The client '{one.ClientId}' would follow {one.Authority} twice as the instance '{one.Instance}'.");
            }
        }
    }
}

/// <summary>What schemes have in common that follow one feed together.</summary>
internal sealed record FollowerKey(
    string? Authority, string? ClientId, string? ClientSecret, string? Name, string? Instance,
    HttpMessageHandler? BackchannelHttpHandler)
{
    public static FollowerKey Of(VerifierOptions options) => Given(options.Authority) is not { } authority
        ? new(null, null, null, Given(options.Name), Given(options.Instance), null)
        : new(
            authority.TrimEnd('/'), options.ClientId, options.ClientSecret, Given(options.Name), Given(options.Instance),
            options.BackchannelHttpHandler);

    /// <summary>Names no secret (G7).</summary>
    public override string ToString() => Authority ?? "";

    private static string? Given(string? text) => string.IsNullOrWhiteSpace(text) ? null : text;
}
