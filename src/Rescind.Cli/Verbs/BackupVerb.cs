using System.Security.Cryptography;
using Rescind.Cli.Output;

namespace Rescind.Cli.Verbs;

/// <summary>
/// <c>rescind backup</c>: fetches a copy of the database from a running Authority. The file appears whole, checked
/// against its length and its digest, and readable by its owner alone; or not at all. Scope <c>admin</c>.
/// </summary>
internal static class BackupVerb
{
    // A copy of gigabytes takes its time before its first byte; once it flows, a minute of silence is the end of it.
    private static readonly TimeSpan UntilItBegins = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan LongestSilence = TimeSpan.FromMinutes(1);

    private static readonly Option<bool> Replace = new("--replace") { Description = "Replace FILE if it is there." };

    public static Command Create()
    {
        var file = new Argument<string>("file") { Description = "Where to write the backup." }
            .MustNotBeEmpty("the path of a file");
        const string About =
            "Back up the database of a running Authority. Keep the master key apart from it; `rescind restore` puts it back.";
        return new Command("backup", About) { file, DatabaseOptions.Store, Replace }.Connects().Calls(async call =>
        {
            if (DatabaseOptions.IsDatabase(call.Parsed))
            {
                throw new VerbFailure(
                    ExitCode.Refused, "A PostgreSQL database is copied with its own tools.", "RSC1035",
                    "Run `pg_dump --schema=rescind --format=custom --file=FILE`; docs/operating/postgresql.md has the rest.");
            }

            var path = Path.GetFullPath(call.Parsed.GetRequiredValue(file));
            RefuseTarget(path, call.Parsed.GetValue(Replace));
            using var authority = call.Connect(UntilItBegins);
            using var answer = await authority.SendAsync(() => new(HttpMethod.Post, "v1/backup"), call.Cancellation);
            var saved = await SaveAsync(answer, path, call.Parsed.GetValue(Replace), call.Cancellation);
            call.Show(saved, () => Tell(call.Screen, saved));
        });
    }

    private static void RefuseTarget(string path, bool replace)
    {
        if (Directory.Exists(path) || !Directory.Exists(Path.GetDirectoryName(path)))
        {
            throw new VerbFailure(ExitCode.Usage, $"{path} must be a file in a folder that is there.");
        }

        if (File.Exists(path) && !replace)
        {
            throw IsThere(path);
        }
    }

    private static VerbFailure IsThere(string path, Exception? inner = null) =>
        new(ExitCode.Refused, $"{path} is there already.", next: "Name another file, or pass --replace.", inner: inner);

    private static async Task<JsonObject> SaveAsync(
        HttpResponseMessage answer, string path, bool replace, CancellationToken cancellationToken)
    {
        var part = $"{path}.{Entropy.System.NextId()}.part";
        try
        {
            var (length, digest) = await ReceiveAsync(answer, part, cancellationToken);
            Check(answer, length, digest);
            File.Move(part, path, replace);
            return new() { ["file"] = path, ["bytes"] = length, ["sha256"] = Convert.ToHexStringLower(digest) };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw File.Exists(path) && !replace
                ? IsThere(path, e)
                : new VerbFailure(ExitCode.Refused, $"{path} cannot be written: {e.Message}", inner: e);
        }
        finally
        {
            File.Delete(part);
        }
    }

    private static async Task<(long Length, byte[] Digest)> ReceiveAsync(
        HttpResponseMessage answer, string part, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await using var target = Create(part);
        var source = await answer.Content.ReadAsStreamAsync(cancellationToken);
        var buffer = new byte[128 * 1024];
        while (await ReadAsync(source, buffer, cancellationToken) is > 0 and var read)
        {
            hash.AppendData(buffer, 0, read);
            await target.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
        }

        target.Flush(flushToDisk: true);
        return (target.Length, hash.GetHashAndReset());
    }

    private static async Task<int> ReadAsync(Stream source, byte[] buffer, CancellationToken cancellationToken)
    {
        using var silence = new CancellationTokenSource(LongestSilence, TimeProvider.System);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, silence.Token);
        try
        {
            return await source.ReadAsync(buffer, patience.Token);
        }
        catch (Exception e) when (e is IOException or HttpRequestException or OperationCanceledException
            && !cancellationToken.IsCancellationRequested)
        {
            throw Cut(e);
        }
    }

    private static void Check(HttpResponseMessage answer, long length, byte[] digest)
    {
        var told = answer.Headers.TryGetValues("Repr-Digest", out var values) ? string.Join(',', values) : null;
        if (length != answer.Content.Headers.ContentLength || told != $"sha-256=:{Convert.ToBase64String(digest)}:")
        {
            throw Cut(null);
        }
    }

    private static VerbFailure Cut(Exception? inner) => new(
        ExitCode.Unavailable, "The backup did not arrive as it was sent. Nothing was written.", next: "Run it again.",
        inner: inner);

    private static FileStream Create(string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return new(path, options);
    }

    private static void Tell(Screen screen, JsonObject saved)
    {
        screen.Line(Screen.Plain($"{saved["file"]}: {saved["bytes"]} bytes, SHA-256 {saved["sha256"]}"));
        Screen.Note("The master key is not in it: keep that apart. The credentials of API clients are in it as hashes alone.");
    }
}
