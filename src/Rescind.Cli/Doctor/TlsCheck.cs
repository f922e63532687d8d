using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Rescind.Cli.Doctor;

/// <summary>The certificate of the Authority: whether this machine trusts it, and for how long it is good.</summary>
internal static class TlsCheck
{
    private const string Name = "tls";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Soon = TimeSpan.FromDays(21);

    public static async Task<IReadOnlyList<Finding>> FindAsync(Patient patient)
    {
        var authority = patient.Authority.Address;
        if (authority.Scheme != Uri.UriSchemeHttps)
        {
            return [];
        }

        using var late = new CancellationTokenSource(Patience, patient.Time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(late.Token, patient.Cancellation);
        try
        {
            return Judge(await LookAsync(authority, both.Token), authority.Authority, patient.Time.GetUtcNow());
        }
        catch (Exception e) when (e is SocketException or IOException or AuthenticationException or OperationCanceledException
            && !patient.Cancellation.IsCancellationRequested)
        {
            return [Finding.Error(
                Name, authority.Authority, $"No TLS connection: {e.Message}",
                "Is the Authority running, and is its address right?")];
        }
    }

    private static List<Finding> Judge(
        (SslPolicyErrors Errors, DateTimeOffset Until) seen, string about, DateTimeOffset now)
    {
        var date = seen.Until.ToString("yyyy-MM-dd HH:mm'Z'", CultureInfo.InvariantCulture);
        const string Renew = "Renew the certificate; the Authority takes the new one at its next start.";
        return seen.Until <= now ? [Finding.Error(Name, about, $"The certificate ended on {date}.", Renew)]
            : seen.Errors != SslPolicyErrors.None ? [Finding.Error(
                Name, about, $"This machine does not trust the certificate: {Said(seen.Errors)}.",
                "Use a certificate for this host from an authority that verifiers and clients trust.")]
            : seen.Until - now < Soon ? [Finding.Warning(Name, about, $"The certificate ends on {date}.", Renew)]
            : [];
    }

    // Looked at, not trusted: nothing is sent over this connection.
    private static async Task<(SslPolicyErrors Errors, DateTimeOffset Until)> LookAsync(
        Uri authority, CancellationToken cancellation)
    {
        var errors = SslPolicyErrors.None;
        using var socket = new TcpClient();
        await socket.ConnectAsync(authority.Host, authority.Port, cancellation);
        await using var tls = new SslStream(socket.GetStream());
        await tls.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = authority.Host,
#pragma warning disable CA5359 // The answer is what this looks for.
                RemoteCertificateValidationCallback = (_, _, _, found) =>
                {
                    errors = found;
                    return true;
                },
#pragma warning restore CA5359
            },
            cancellation);
        using var certificate = X509CertificateLoader.LoadCertificate(tls.RemoteCertificate!.GetRawCertData());
        return (errors, certificate.NotAfter.ToUniversalTime());
    }

    private static string Said(SslPolicyErrors errors) =>
        errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch) ? "it is for another host" : "its issuer is not known here";
}
