namespace Rescind.Authority.Diagnostics;

/// <summary>
/// Whether the Authority has opened its store, its keys and its own replica. Until then nothing but liveness is answered.
/// </summary>
internal sealed class StartupState
{
    private volatile bool _isStarted;

    public bool IsStarted => _isStarted;

    public void Set() => _isStarted = true;
}
