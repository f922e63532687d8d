using System.Collections.Concurrent;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Rescind.Verifier.Diagnostics;

namespace Rescind.Verifier.Authentication;

/// <summary>One call of AddRescind or AddRevocation.</summary>
/// <param name="own">Whether the scheme takes tokens of the Authority's own issuer alone: AddRescind.</param>
/// <param name="configure">What the app sets for this scheme.</param>
internal sealed class SchemeRegistration(bool own, Action<VerifierOptions> configure)
{
    public bool Own => own;

    public Action<VerifierOptions> Configure => configure;
}

/// <summary>
/// The schemes that judge. A scheme is taken by its place, directly behind the AddJwtBearer that made it, so that nobody
/// repeats its name: actions on the options run in the order in which they were registered.
/// </summary>
internal sealed class RevocableSchemes
{
    private readonly ConcurrentDictionary<string, SchemeRegistration> _byName = new();

    /// <summary>In the order of the alphabet.</summary>
    public IEnumerable<string> Names => _byName.Keys.Order(StringComparer.Ordinal);

    /// <summary>What made <paramref name="name"/> a scheme that judges; null if nothing did.</summary>
    public SchemeRegistration? Find(string? name) => name is null ? null : _byName.GetValueOrDefault(name);

    /// <summary>Makes the scheme that was added last one that judges; its options stay as they are.</summary>
    public void TakeLast(AuthenticationOptions options, SchemeRegistration registration)
    {
        var scheme = options.Schemes.LastOrDefault();
        if (scheme?.HandlerType != typeof(JwtBearerHandler))
        {
            throw VerifierErrors.NoSchemeBefore.ToException();
        }

        scheme.HandlerType = typeof(RevocationHandler);
        _byName[scheme.Name] = registration;
    }
}
