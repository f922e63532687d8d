namespace Rescind.Client;

/// <summary>What a <see cref="RescindSession"/> holds.</summary>
public enum SessionState
{
    /// <summary>Nothing: not loaded yet, never started, or logged out. Calls fail with RSC5101.</summary>
    None = 0,

    /// <summary>Tokens; calls are made with them.</summary>
    Active,

    /// <summary>
    /// The Authority ended the session; calls fail with <see cref="SessionEndedException"/> until a new one is started.
    /// </summary>
    Ended,
}
