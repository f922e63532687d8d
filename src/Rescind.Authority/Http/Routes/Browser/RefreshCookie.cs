using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Rescind.Authority.Diagnostics;

namespace Rescind.Authority.Http.Routes.Browser;

/// <summary>
/// The cookie that holds a browser's refresh token where no script reads it (CK-1, CK-2). Not every browser takes
/// <c>Secure</c> over plain http, which is Development on loopback alone: there it goes without it, and without the
/// prefix that would demand it (CK-10).
/// </summary>
internal sealed class RefreshCookie
{
    public const string SecureName = "__Host-rescind";

    private const string PlainName = "rescind";

    private readonly TimeProvider _time;
    private readonly bool _isSecure;

    public RefreshCookie(IOptions<AuthorityOptions> options, TimeProvider time, ILogger<RefreshCookie> logger)
    {
        _time = time;
        _isSecure = options.Value.Issuer!.StartsWith("https://", StringComparison.Ordinal);
        if (!_isSecure)
        {
            AuthorityLog.PlainCookie(logger, PlainName);
        }
    }

    private string Name => _isSecure ? SecureName : PlainName;

    /// <summary>
    /// The refresh token; null if there is none, or more than one. Names are compared exactly: the framework's
    /// collection ignores case, and not every browser guards the prefix in every case (CK-1).
    /// </summary>
    public string? Read(HttpRequest request)
    {
        string[] found =
        [
            .. from header in request.Headers.Cookie
               from pair in (header ?? "").Split(';', StringSplitOptions.TrimEntries)
               where pair.StartsWith(Name + "=", StringComparison.Ordinal)
               select pair[(Name.Length + 1)..],
        ];
        return found is [{ Length: > 0 } token] ? token : null;
    }

    /// <summary>Has the browser keep the token for as long as it can be used.</summary>
    public void Write(HttpResponse response, string token, DateTimeOffset expires) =>
        response.Cookies.Append(Name, token, Attributes(expires - _time.GetUtcNow()));

    /// <summary>Has the browser forget it (CK-8).</summary>
    public void Delete(HttpResponse response) => response.Cookies.Append(Name, "", Attributes(TimeSpan.Zero));

    // Essential: no policy of consent may keep a login from working.
    private CookieOptions Attributes(TimeSpan life) => new()
    {
        Path = "/", HttpOnly = true, Secure = _isSecure, SameSite = SameSiteMode.Strict, MaxAge = life, IsEssential = true,
    };
}
