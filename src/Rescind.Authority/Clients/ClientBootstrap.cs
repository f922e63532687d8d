using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Rescind.Authority.Diagnostics;
using Rescind.Authority.Stores;

namespace Rescind.Authority.Clients;

/// <summary>
/// The clients without which nobody could call: an administrator and the public client <c>web</c>. In Development they
/// are made at the first start, with the secret in <c>admin.json</c> alone; elsewhere the secret is configured, and
/// there is no default (ASVS: no default password).
/// </summary>
internal sealed class ClientBootstrap(
    ClientRegistry clients, IOptions<AuthorityOptions> options, Entropy entropy, ILogger<ClientBootstrap> logger)
{
    private const string AdminId = "admin";

    public async Task EnsureAsync(CancellationToken cancellationToken)
    {
        if (clients.Find(AdminId) is null && Secret() is { } secret)
        {
            var admin = new ClientRecord
            {
                ClientId = AdminId, Kind = ClientKind.Confidential, SecretHash = ClientSecret.Hash(secret),
                Scopes = [ScopeNames.Admin], Clients = [ClientRegistry.DefaultClientId],
            };
            if (!await clients.AddAsync(admin, AuditContext.System, cancellationToken).ConfigureAwait(false))
            {
                DeleteFile();
            }
        }

        if (!clients.All.Any(client => client.Grants(ScopeNames.Admin)))
        {
            throw Refused("No client has the scope admin: set Rescind:AdminSecretFile, or Rescind:AdminSecret, to at least "
                + $"{AuthorityOptionsValidator.MinSecretLength} characters of your own.");
        }

        if (options.Value.Development && clients.Find(ClientRegistry.DefaultClientId) is null)
        {
            var web = new ClientRecord { ClientId = ClientRegistry.DefaultClientId, Kind = ClientKind.Public };
            await clients.AddAsync(web, AuditContext.System, cancellationToken).ConfigureAwait(false);
        }
    }

    private string OwnFile => Path.Combine(options.Value.DataDirectory, "admin.json");

    private string? Secret()
    {
        var set = options.Value;
        return set.AdminSecret ?? (set.AdminSecretFile is { } file ? ReadFile(file) : set.Development ? CreateFile() : null);
    }

    private static string ReadFile(string file)
    {
        try
        {
            var secret = File.ReadAllText(file).Trim();
            return secret.Length >= AuthorityOptionsValidator.MinSecretLength
                ? secret
                : throw Refused("The file of Rescind:AdminSecretFile holds less than "
                    + $"{AuthorityOptionsValidator.MinSecretLength} characters.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Refused($"The file of Rescind:AdminSecretFile cannot be read: {e.Message}");
        }
    }

    private static InvalidOperationException Refused(string specifics) => new(Errors.NotSafeToStart.Sentence(specifics));

    // Written whole before the client exists: a crash between the two makes a new one at the next start.
    private string CreateFile()
    {
        var secret = ClientSecret.Create(entropy);
        var path = OwnFile;
        try
        {
            OwnFolder.Create(options.Value.DataDirectory);
            WriteFile(path, secret);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidOperationException(Errors.DataUnusable.Sentence($"{path} cannot be written: {e.Message}"), e);
        }

        AuthorityLog.AdminCreated(logger, path);
        return secret;
    }

    // Another node made the client meanwhile, and its file holds the secret that is taken.
    private void DeleteFile()
    {
        if (options.Value is { AdminSecret: null, AdminSecretFile: null })
        {
            File.Delete(OwnFile);
        }
    }

    private static void WriteFile(string path, string secret)
    {
        var create = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, Share = FileShare.None };
        if (!OperatingSystem.IsWindows())
        {
            create.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        File.Delete(path);
        using var stream = new FileStream(path, create);
        using var writer = new Utf8JsonWriter(stream);
        writer.WriteStartObject();
        writer.WriteString("client_id", AdminId);
        writer.WriteString("client_secret", secret);
        writer.WriteEndObject();
        writer.Flush();
        stream.Flush(flushToDisk: true);
    }
}
