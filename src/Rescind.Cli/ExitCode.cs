namespace Rescind.Cli;

/// <summary>What the program's end says to scripts. Stable; <c>docs/guide/cli.md</c> and <c>--help</c> list them.</summary>
internal enum ExitCode
{
    /// <summary>Done, and what was asserted holds.</summary>
    Ok = 0,

    /// <summary>
    /// The Authority refused the request, a line of the demo does not hold, or an inspected token is not good.
    /// </summary>
    Refused = 1,

    /// <summary>The command line, or a setting that it needs, is wrong. Nothing was sent.</summary>
    Usage = 2,

    /// <summary>The Authority does not answer, or answers that it cannot now (5xx). The outcome may be unknown.</summary>
    Unavailable = 3,

    /// <summary>No credentials, wrong ones, or a scope is missing (401, 403).</summary>
    NotAllowed = 4,

    /// <summary>There is no such thing (404).</summary>
    NotFound = 5,

    /// <summary>A broad act was not confirmed: it says which number or value to pass. Nothing was revoked.</summary>
    NotConfirmed = 6,

    /// <summary><c>rescind doctor</c> found something that weakens a deployment, and nothing that breaks a promise.</summary>
    Weak = 7,

    /// <summary><c>rescind doctor</c> found that a promise does not hold now.</summary>
    Broken = 8,

    /// <summary>Interrupted before it was done.</summary>
    Interrupted = 130,
}
