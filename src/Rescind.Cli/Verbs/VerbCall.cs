using Rescind.Cli.Http;
using Rescind.Cli.Output;

namespace Rescind.Cli.Verbs;

/// <summary>One run of a verb: what was asked, where to write, and how to reach the Authority.</summary>
internal sealed class VerbCall(ParseResult parsed, CancellationToken cancellation)
{
    public ParseResult Parsed { get; } = parsed;

    public Screen Screen { get; } = new(parsed.GetValue(ConnectionOptions.Json));

    public TimeProvider Time { get; } = TimeProvider.System;

    /// <summary>Cancelled when the run is interrupted.</summary>
    public CancellationToken Cancellation { get; } = cancellation;

    /// <summary>The Authority, with the credentials that were found. Nothing is sent yet.</summary>
    public AuthorityClient Connect(TimeSpan? answerTimeout = null)
    {
        var authority = ConnectionOptions.AddressOf(Parsed);
        return new(authority, Credentials.Find(Parsed.GetValue(ConnectionOptions.Data), authority), Cancellation, answerTimeout);
    }

    /// <summary>Shows an answer: a program gets the document, people what <paramref name="forPeople"/> writes.</summary>
    public void Show(JsonNode document, Action forPeople)
    {
        if (Screen.IsJson)
        {
            Screen.Document(document);
        }
        else
        {
            forPeople();
        }
    }
}

/// <summary>Binds a command to what it does, and what goes wrong to its exit code.</summary>
internal static class CommandExtensions
{
    extension(Command command)
    {
        /// <summary>Runs <paramref name="verb"/> when the command is called.</summary>
        public Command Calls(Func<VerbCall, Task<ExitCode>> verb)
        {
            command.SetAction(async (parsed, cancellationToken) =>
            {
                var call = new VerbCall(parsed, cancellationToken);
                try
                {
                    return (int)await verb(call);
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
        public Command Calls(Func<VerbCall, Task> verb) => command.Calls(async call =>
        {
            await verb(call);
            return ExitCode.Ok;
        });

        /// <summary>The same for a verb that begins by connecting to the Authority.</summary>
        public Command Asks(Func<VerbCall, AuthorityClient, Task> verb) => command.Calls(async call =>
        {
            using var authority = call.Connect();
            await verb(call, authority);
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
