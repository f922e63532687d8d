using System.Net;
using System.Net.Http.Headers;

namespace Rescind.Verifier.Feeding;

/// <summary>How the Authority is called, whatever it is asked.</summary>
internal static class AuthorityHttp
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(2);

    /// <summary>
    /// A client without a time limit of its own; every call has a <see cref="Deadline"/>. A handler of the app stays
    /// the app's.
    /// </summary>
    public static HttpClient CreateClient(VerifierOptions options)
    {
        var http = new HttpClient(
            options.BackchannelHttpHandler ?? CreateHandler(), disposeHandler: options.BackchannelHttpHandler is null)
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
        http.DefaultRequestHeaders.UserAgent.ParseAdd($"Rescind.Verifier/{SoftwareVersion.Text}");
        return http;
    }

    // No redirects: they would carry the token to wherever the answer points.
    private static SocketsHttpHandler CreateHandler() => new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        AutomaticDecompression = DecompressionMethods.None,
        ConnectTimeout = ConnectTimeout,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
    };

    /// <summary>
    /// The verifier's client credentials; both parts are form-encoded before they are joined (RFC 6749 section 2.3.1).
    /// </summary>
    public static AuthenticationHeaderValue Credentials(VerifierOptions options) => new(
        "Basic",
        Convert.ToBase64String(Encoding.UTF8.GetBytes(
            $"{Uri.EscapeDataString(options.ClientId ?? "")}:{Uri.EscapeDataString(options.ClientSecret ?? "")}")));
}
