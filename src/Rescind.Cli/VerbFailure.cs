namespace Rescind.Cli;

/// <summary>A verb cannot do what it was asked: the exit code, a sentence, and where there is one the error's code and next step.
/// Never a secret.</summary>
internal sealed class VerbFailure(
    ExitCode exit, string message, string? code = null, string? next = null, Exception? inner = null)
    : Exception(message, inner)
{
    public ExitCode Exit { get; } = exit;

    /// <summary>The Authority's stable code (<c>RSC1203</c>) or OAuth error; null for a failure of our own.</summary>
    public string? Code { get; } = code;

    public string? Next { get; } = next;

    /// <summary>What the Authority's own code refused in this process: its sentences begin with their code.</summary>
    public static VerbFailure Of(ExitCode exit, Exception refusal, string? next = null) =>
        refusal.Message.Split(' ', 2) is [var code, var sentence] && code.StartsWith("RSC", StringComparison.Ordinal)
            ? new(exit, sentence, code, next, refusal)
            : new(exit, refusal.Message, null, next, refusal);
}
