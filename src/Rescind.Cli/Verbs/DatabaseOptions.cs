using Microsoft.Extensions.Configuration;
using Rescind.Cli.Output;

namespace Rescind.Cli.Verbs;

/// <summary>How a verb that opens the data itself finds a database.</summary>
internal static class DatabaseOptions
{
    private const string Setting = "Rescind:ConnectionString";

    public static Option<string?> Store { get; } = new Option<string?>("--store")
    {
        Description = $"postgresql for the database of {Setting}, from the environment or the settings in the data folder.",
        HelpName = "store",
    }.MustBeOneOf("postgresql");

    /// <summary>Whether the data is in a database.</summary>
    public static bool IsDatabase(ParseResult parsed) => parsed.GetValue(Store) is not null;

    /// <summary>The connection string that a server on the same folder would take.</summary>
    public static string ConnectionStringOf(ParseResult parsed)
    {
        var folder = parsed.GetValue(ConnectionOptions.Data) ?? ConnectionOptions.DefaultFolder;
        var settings = new ConfigurationBuilder()
            .AddJsonFile(Path.Combine(Path.GetFullPath(folder), "appsettings.json"), optional: true)
            .AddEnvironmentVariables().Build();
        return settings[Setting] is { Length: > 0 } connectionString
            ? connectionString
            : throw new VerbFailure(ExitCode.Usage, $"{Setting} is not set.", next: "Set Rescind__ConnectionString.");
    }
}
