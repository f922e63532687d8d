namespace Rescind.Cli.Http;

/// <summary>The API client that a verb calls as. The secret is a secret: never shown.</summary>
internal sealed record Credentials(string ClientId, string Secret)
{
    /// <summary>The folder that is looked into where nobody names one.</summary>
    public const string DefaultFolder = "./data";

    private const string IdKey = "RESCIND_CLIENT_ID";
    private const string SecretKey = "RESCIND_CLIENT_SECRET";

    /// <summary>The sentence that tells where credentials come from.</summary>
    public const string HowTo = $"Set {IdKey} and {SecretKey}, or name the Authority's data folder with --data.";

    /// <summary>
    /// From the folder that was named, else from the environment, else from <c>./data</c>; null if there are none. The
    /// folder that nobody named counts for an Authority on this machine alone: its administrator is no one else's business.
    /// </summary>
    public static Credentials? Find(string? folder, Uri authority)
    {
        if (folder is not null)
        {
            return Read(Path.Combine(folder, "admin.json"))
                ?? throw new VerbFailure(ExitCode.Usage, $"There is no admin.json in {folder}.", next: HowTo);
        }

        return (Surroundings.Variable(IdKey), Surroundings.Variable(SecretKey)) switch
        {
            ({ Length: > 0 } id, { Length: > 0 } secret) => new(id, secret),
            ({ Length: > 0 }, _) => throw new VerbFailure(ExitCode.Usage, $"{IdKey} is set and {SecretKey} is not.", next: HowTo),
            (_, { Length: > 0 }) => throw new VerbFailure(ExitCode.Usage, $"{SecretKey} is set and {IdKey} is not.", next: HowTo),
            _ => authority.IsLoopback ? Read(Path.Combine(DefaultFolder, "admin.json")) : null,
        };
    }

    private static Credentials? Read(string path)
    {
        try
        {
            var file = Directory.Exists(path) ? null : Answers.TryParse(File.ReadAllText(path));
            return (file.At("client_id").AsText(), file.At("client_secret").AsText())
                is ({ Length: > 0 } id, { Length: > 0 } secret)
                ? new(id, secret)
                : throw new VerbFailure(ExitCode.Usage, $"{path} does not hold a client_id and a client_secret.", next: HowTo);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new VerbFailure(ExitCode.NotAllowed, $"{path} cannot be read.", next: HowTo, inner: e);
        }
    }
}
