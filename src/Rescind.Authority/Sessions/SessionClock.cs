using Microsoft.Extensions.Options;

namespace Rescind.Authority.Sessions;

/// <summary>The present second, and the options that it is read under.</summary>
internal sealed class SessionClock(IOptions<AuthorityOptions> options, TimeProvider time)
{
    public AuthorityOptions Options => options.Value;

    /// <summary>Seconds since the Unix epoch.</summary>
    public long Now => time.GetUtcNow().ToUnixTimeSeconds();

    public SessionRules Rules => new(Options.Issuer!, Now, Options.AllowedSensitiveClaims);
}
