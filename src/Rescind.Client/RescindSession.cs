using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Rescind.Client.Diagnostics;
using Rescind.Client.Refreshing;
using Rescind.Client.Requests;

namespace Rescind.Client;

/// <summary>
/// One session with the Authority: its tokens, refreshed early, by one request at a time for any number of calls. It ends only if
/// the Authority says <c>invalid_grant</c>; everything else that goes wrong keeps it. Safe for concurrent use; make one for each
/// person who is logged in.
/// </summary>
public sealed class RescindSession : IDisposable, IAsyncDisposable
{
    private readonly TokenEndpoint _endpoint;
    private readonly StoredTokens _stored;
    private readonly SessionParts _parts;
    private readonly RefusedTokens _refused;
    private readonly Lock _lock = new(); // Protects the fields below.
    private LiveSession? _live;
    private string? _loginId; // Of the session that is here or was here last.
    private int _logins; // How many were started here.
    private bool _isLoaded;
    private bool _hasLooked;
    private bool _isDisposed;

    /// <summary>
    /// Makes a session; it loads what is stored at its first use. Throws <c>OptionsValidationException</c> for options
    /// that would not be safe.
    /// </summary>
    public RescindSession(RescindSessionOptions options)
        : this(options, Jitter.System)
    {
    }

    internal RescindSession(RescindSessionOptions options, Jitter jitter)
    {
        ArgumentNullException.ThrowIfNull(options);
        RescindSessionOptionsValidator.ThrowIfWrong(options);
        Logger = ((ILoggerFactory?)options.LoggerFactory ?? NullLoggerFactory.Instance).CreateLogger<RescindSession>();
        (Time, Jitter) = (options.TimeProvider, jitter);
        (UnavailableLimit, MaxBufferedBytes) = (options.UnavailableLimit, options.MaxBufferedBytes);
        Origins = new(options.Origins);
        Refusals = new(Time, jitter);
        _refused = new(Time, Refusals, Logger);
        _endpoint = new(options, jitter);
        _stored = new(options.TokenStore ?? new InMemoryTokens(), Logger);
        _parts = new(_stored, _endpoint, options.RefreshAt, Time, jitter, Logger);
    }

    /// <summary>
    /// Raised once when the Authority ends the session, before the calls that wait fail: a handler may wait for the
    /// session to be disposed, logged out or started, but not for those calls. Comes on a thread of the pool; what a
    /// handler throws is logged (RSC5108). A logout does not raise it, in whichever process.
    /// </summary>
    public event EventHandler<SessionEndedEventArgs>? Ended;

    /// <summary>
    /// What is held now, without looking into the store: call <see cref="LoadAsync"/> first to see what an earlier run left.
    /// </summary>
    public SessionState State =>
        Live is not { } live ? SessionState.None : live.End is null ? SessionState.Active : SessionState.Ended;

    /// <summary>Why the session ended; null if it has not.</summary>
    public SessionEnd? End => Live?.End;

    internal TimeProvider Time { get; }

    internal Jitter Jitter { get; }

    internal ILogger Logger { get; }

    internal TimeSpan UnavailableLimit { get; }

    internal int MaxBufferedBytes { get; }

    internal Origins Origins { get; }

    internal Refusals Refusals { get; }

    internal LiveSession? Live
    {
        get
        {
            lock (_lock)
            {
                return _live;
            }
        }
    }

    /// <summary>
    /// Reads the store, as long as there is no session and none was logged out here, and says what there is. Throws
    /// <see cref="RefreshFailedException"/> if the store fails (RSC5106); the next use reads it again.
    /// </summary>
    public async Task<SessionState> LoadAsync(CancellationToken cancellationToken = default)
    {
        if (await TryLoadAsync(cancellationToken).ConfigureAwait(false) is { } failure)
        {
            throw failure.ToException();
        }

        return State;
    }

    /// <summary>
    /// Takes the tokens of a new login, stores them and uses them from now on; replaces a session that is there, which
    /// goes on at the Authority. Throws <see cref="RefreshFailedException"/> if the store fails (RSC5106), and
    /// <see cref="ArgumentException"/> for tokens that cannot be any.
    /// </summary>
    public async Task StartAsync(SessionTokens tokens, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (!TokenText.AreTokens(tokens))
        {
            throw new ArgumentException(
                "What was given cannot be a token (RFC 6750 section 2.1, RFC 6749 appendix A.17).", nameof(tokens));
        }

        LiveSession? before = null;
        var login = tokens.AsLogin(Time.GetUtcNow());
        var failure = await _stored.SaveAsync(login, null, () => before = Replace(Begin(login)), cancellationToken)
            .ConfigureAwait(false);
        before?.Dispose();
        if (failure is not null)
        {
            throw failure.ToException();
        }
    }

    /// <summary>
    /// An access token that can be used now, for what is no HttpClient: the <c>AccessTokenProvider</c> of a hub
    /// connection, a gRPC credential. Another one than <paramref name="except"/>, which a server has refused; where the
    /// other one is refused at once as well it is given for a growing while all the same. Throws
    /// <see cref="SessionException"/> if there is none.
    /// </summary>
    public async ValueTask<string> GetAccessTokenAsync(string? except = null, CancellationToken cancellationToken = default)
    {
        var login = await EnterAsync(cancellationToken).ConfigureAwait(false);
        Refuse(login.Session, except);
        var active = await TakeAsync(login, cancellationToken).ConfigureAwait(false);
        _refused.Give(active);
        return active.Tokens.AccessToken!;
    }

    /// <summary>
    /// Logs out: the tokens are forgotten here first, also without a network, then the Authority is told to end the session
    /// (RFC 7009). True if it knows; false if it could not be told within
    /// <see cref="RescindSessionOptions.RefreshLimit"/> (RSC5109): the session then goes on there until it expires.
    /// Throws <see cref="RefreshFailedException"/> after all that if the store could not forget (RSC5106). From the
    /// call on nothing is used or stored for the session any more; to cancel stops the waiting, not that. Tokens of
    /// another login that another process has stored meanwhile stay there, and are not revoked.
    /// </summary>
    public async Task<bool> LogoutAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        cancellationToken.ThrowIfCancellationRequested();

        // At once, and again in its turn: a login may have the store at this moment.
        var over = new HashSet<string>();
        var hadLooked = _hasLooked;
        Stop(Replace(null), over);
        LiveSession? ahead = null;
        var forgetting = _stored.ForgetAsync(stored =>
        {
            ahead = Replace(null);
            var isOver = stored is null || IsOfSession(stored, hadLooked);
            over.UnionWith(stored is null || !isOver ? [] : [stored.RefreshToken]);
            return isOver;
        });
        var failure = await forgetting.WaitAsync(cancellationToken).ConfigureAwait(false);
        Stop(ahead, over);
        var isTold = await Task.WhenAll(over.Select(refreshToken => TellAsync(refreshToken, cancellationToken)))
            .ConfigureAwait(false);
        return failure is null ? !isTold.Contains(false) : throw failure.ToException();
    }

    /// <summary>
    /// Stops what is under way, without losing the session: what is stored counts when the application starts again.
    /// </summary>
    public void Dispose()
    {
        if (Close(out var live))
        {
            live?.Dispose();
            _endpoint.Dispose();
        }
    }

    /// <summary>
    /// As <see cref="Dispose"/>, and waits for a refresh that is under way to stop; not for a handler of <see cref="Ended"/>.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        if (Close(out var live))
        {
            live?.Dispose();
            await (live?.StoppedAsync() ?? Task.CompletedTask).ConfigureAwait(false);
            _endpoint.Dispose();
        }
    }

    /// <summary>
    /// The login that a call is made in, whatever comes while it waits. Throws <see cref="SessionException"/> if there is none.
    /// </summary>
    internal async ValueTask<CallLogin> EnterAsync(CancellationToken cancellationToken)
    {
        var logins = Logins;
        if (await TryLoadAsync(cancellationToken).ConfigureAwait(false) is { } unread)
        {
            throw unread.ToException();
        }

        var live = Live ?? throw SessionFailure.NoSession.ToException();
        return logins == Logins ? new(live, live.LoginId) : throw SessionFailure.AnotherLogin.ToException();
    }

    /// <summary>Tokens to make a call with. Throws <see cref="SessionException"/> if there are none of its login.</summary>
    internal async ValueTask<ActiveTokens> TakeAsync(CallLogin login, CancellationToken cancellationToken) =>
        await TryTakeAsync(login, cancellationToken).ConfigureAwait(false) ?? throw SessionFailure.AnotherLogin.ToException();

    /// <summary>As <see cref="TakeAsync"/>, and null if another login has come since, here or in another process.</summary>
    internal async ValueTask<ActiveTokens?> TryTakeAsync(CallLogin login, CancellationToken cancellationToken)
    {
        var (active, failure) = await login.Session.TakeAsync(cancellationToken).ConfigureAwait(false);
        if (active is not null)
        {
            return active.Tokens.LoginId == login.LoginId ? active : null;
        }

        return Live is { } live && live != login.Session ? null : throw failure!.ToException();
    }

    /// <summary>A server has refused this token; no matter if it is not in use here.</summary>
    internal void Refuse(string? accessToken)
    {
        if (Live is { } live)
        {
            Refuse(live, accessToken);
        }
    }

    private void Refuse(LiveSession live, string? accessToken)
    {
        if (accessToken is not null && live.Current is var active && active.Tokens.AccessToken == accessToken)
        {
            _refused.Refuse(active);
        }
    }

    private async ValueTask<SessionFailure?> TryLoadAsync(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        return IsLoaded() ? null : await _stored.LoadAsync(() => !IsLoaded(), Take, cancellationToken).ConfigureAwait(false);
    }

    private bool IsLoaded()
    {
        lock (_lock)
        {
            return _isLoaded;
        }
    }

    private LiveSession Begin(SessionTokens tokens) => new(tokens, _parts, Leave);

    /// <summary>Goes on with what was stored, unless a logout has begun meanwhile.</summary>
    private void Take(StoreContent found)
    {
        lock (_lock)
        {
            _live = _isLoaded || found.Tokens is null ? _live : Begin(found.Tokens);
            (_isLoaded, _hasLooked) = (_isLoaded || !found.IsEmpty, true);
        }
    }

    /// <summary>
    /// Whether what is stored is of the session that is logged out; where nobody had looked yet, it is that session.
    /// </summary>
    private bool IsOfSession(SessionTokens stored, bool hadLooked)
    {
        lock (_lock)
        {
            _loginId ??= hadLooked ? null : stored.LoginId;
            return stored.LoginId is null || stored.LoginId == _loginId;
        }
    }

    /// <summary>
    /// Gives the session before, for which nothing more is stored from here on; to be stopped when the store is free.
    /// </summary>
    private LiveSession? Replace(LiveSession? live)
    {
        lock (_lock)
        {
            var before = _live;
            before?.Withdraw();
            _logins += live is null ? 0 : 1;
            (_live, _isLoaded, _hasLooked, _loginId) = (live, true, true, (live ?? before)?.LoginId ?? _loginId);
            return before;
        }
    }

    /// <summary>
    /// The session is over: ended by the Authority, or logged out by another process. A further login may be stored then.
    /// </summary>
    private void Leave(LiveSession live, SessionEnd? end)
    {
        if (end is not null)
        {
            RaiseEnded(end);
            return;
        }

        lock (_lock)
        {
            (_live, _isLoaded, _loginId) = _live == live ? (null, false, live.LoginId) : (_live, _isLoaded, _loginId);
        }
    }

    private int Logins
    {
        get
        {
            lock (_lock)
            {
                return _logins;
            }
        }
    }

    private static void Stop(LiveSession? live, HashSet<string> over)
    {
        live?.Dispose();
        if (live is { End: null })
        {
            over.Add(live.Current.Tokens.RefreshToken);
        }
    }

    private async Task<bool> TellAsync(string refreshToken, CancellationToken cancellationToken)
    {
        var failure = (await _endpoint.RevokeAsync(refreshToken, cancellationToken).ConfigureAwait(false)).Failure;
        if (failure is not null)
        {
            ClientLog.NotRevoked(Logger, failure.Sentence, failure.Cause);
        }

        return failure is null;
    }

    private void RaiseEnded(SessionEnd end)
    {
        try
        {
            Ended?.Invoke(this, new(end));
        }
#pragma warning disable CA1031 // The calls that wait get the end of the session, whatever a handler does.
        catch (Exception failure)
        {
            ClientLog.EndedHandlerFailed(Logger, failure);
        }
#pragma warning restore CA1031
    }

    private bool Close(out LiveSession? live)
    {
        lock (_lock)
        {
            live = _live;
            return !_isDisposed && (_isDisposed = true);
        }
    }
}
