using System.CommandLine;
using Rescind.Cli.Http;
using Rescind.Cli.Output;

namespace Rescind.Cli.Verbs;

/// <summary>One run of a verb: what was asked, where to write, and how to reach the Authority.</summary>
internal sealed class VerbCall(ParseResult parsed)
{
    public ParseResult Parsed { get; } = parsed;

    public Screen Screen { get; } = new(parsed.GetValue(ConnectionOptions.Json));

    public TimeProvider Time { get; } = TimeProvider.System;

    /// <summary>The Authority, with the credentials that were found. Nothing is sent yet.</summary>
    public AuthorityClient Connect(TimeSpan? answerTimeout = null)
    {
        var authority = ConnectionOptions.AddressOf(Parsed);
        return new(authority, Credentials.Find(Parsed.GetValue(ConnectionOptions.Data), authority), answerTimeout);
    }
}

/// <summary>Binds a command to what it does, and what goes wrong to its exit code.</summary>
internal static class CommandExtensions
{
    extension(Command command)
    {
        /// <summary>Runs <paramref name="verb"/> when the command is called.</summary>
        public Command Calls(Func<VerbCall, CancellationToken, Task<ExitCode>> verb)
        {
            command.SetAction(async (parsed, cancellationToken) =>
            {
                var call = new VerbCall(parsed);
                try
                {
                    return (int)await verb(call, cancellationToken).ConfigureAwait(false);
                }
                catch (VerbFailure failure)
                {
                    call.Screen.Failed(failure);
                    return (int)failure.Exit;
                }
                catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
                {
                    return (int)ExitCode.Interrupted;
                }
            });
            return command;
        }

        /// <summary>The same for a verb that shows one answer.</summary>
        public Command Calls(Func<VerbCall, CancellationToken, Task> verb) => command.Calls(async (call, cancellationToken) =>
        {
            await verb(call, cancellationToken).ConfigureAwait(false);
            return ExitCode.Ok;
        });

        /// <summary>Adds the options that find the Authority.</summary>
        public Command Connects()
        {
            command.Add(ConnectionOptions.Authority);
            command.Add(ConnectionOptions.Data);
            return command;
        }
    }
}
