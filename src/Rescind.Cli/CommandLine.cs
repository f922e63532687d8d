using Rescind.Cli.Output;
using Rescind.Cli.Verbs;

namespace Rescind.Cli;

/// <summary>The program: a line of words in, an exit code out.</summary>
internal static class CommandLine
{
    private const string About = """
        rescind, the off-switch for JSON Web Tokens.

        Exit codes: 0 done; 1 refused, or an assertion failed; 2 usage; 3 Authority unreachable or unavailable;
        4 not allowed; 5 not found; 6 not confirmed; 130 interrupted.
        """;

    // A verb's folder of libraries is loaded when it runs: nothing here touches ASP.NET Core.
    private static readonly RootCommand Root = new(About)
    {
        ServeVerb.Create(), DemoVerb.Create(), SessionsVerb.Create(), RevokeVerb.Create(), LiftVerb.Create(), WhyVerb.Create(),
        InspectVerb.Create(), TailVerb.Create(), VerifiersVerb.Create(), DrillVerb.Create(), ClientsVerb.Create(),
        IssuersVerb.Create(),
        KeysVerb.Create(), BackupVerb.Create(), RestoreVerb.Create(), AcceptTimeVerb.Create(), DemoApiVerb.Create(),
        ConnectionOptions.Json,
    };

    public static async Task<int> RunAsync(string[] arguments)
    {
        // Without response files: a value that begins with @ is that value.
        var parsed = Root.Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Errors.Count > 0)
        {
            // The parser's own way would write help to standard output and end with 1, which says "refused" here.
            var sentence = string.Join(" ", parsed.Errors.Select(error => error.Message));
            new Screen(parsed.GetResult(ConnectionOptions.Json) is { Implicit: false })
                .Failed(new VerbFailure(ExitCode.Usage, sentence, next: "Add --help to see what it takes."));
            return (int)ExitCode.Usage;
        }

        // Long enough for a server to finish what it began and for the demo to stop what it started.
        return await parsed.InvokeAsync(new InvocationConfiguration
        {
            ProcessTerminationTimeout = TimeSpan.FromSeconds(15), Output = Surroundings.Out, Error = Surroundings.Error,
        });
    }
}
