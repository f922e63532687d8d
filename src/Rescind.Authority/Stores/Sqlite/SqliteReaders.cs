using System.Threading.Channels;
using Microsoft.Data.Sqlite;

namespace Rescind.Authority.Stores.Sqlite;

/// <summary>
/// A few read-only connections. A read is one short transaction, so that the write-ahead log can be folded back; it sees what is
/// committed and synced, never more.
/// </summary>
internal sealed class SqliteReaders : IDisposable
{
    private const int Connections = 4;

    private readonly Channel<SqliteLink> _idle = Channel.CreateBounded<SqliteLink>(Connections);
    private readonly SqliteFiles _files;

    public SqliteReaders(SqliteFiles files)
    {
        _files = files;
        for (var i = 0; i < Connections; i++)
        {
            _idle.Writer.TryWrite(files.OpenReader());
        }
    }

    public async Task<T> ReadAsync<T>(Func<SqliteLink, T> read, CancellationToken cancellationToken)
    {
        var link = await TakeAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            link.Run("begin");
            return read(link);
        }
        catch (SqliteException e)
        {
            throw SqliteFailure.Of(e, _files.Database);
        }
        finally
        {
            End(link);
        }
    }

    /// <summary>
    /// Keeps one, and what is committed now, while <paramref name="work"/> goes on: for work that writes, too, and then
    /// looks back.
    /// </summary>
    public async Task<T> HoldAsync<T>(Func<SqliteLink, Task<T>> work, CancellationToken cancellationToken)
    {
        var link = await TakeAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            link.Run("begin");
            SqliteLog.ReadHead(link);
            return await work(link).ConfigureAwait(false);
        }
        catch (SqliteException e)
        {
            throw SqliteFailure.Of(e, _files.Database);
        }
        finally
        {
            End(link);
        }
    }

    /// <summary>
    /// Reads on a connection of its own: <paramref name="read"/> may be as slow as a network, and must not keep the
    /// others waiting.
    /// </summary>
    public async Task StreamAsync(Func<SqliteLink, Task> read, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        _files.RequireWhole();
        if (_idle.Reader.Completion.IsCompleted)
        {
            throw Closed();
        }

        try
        {
            using var link = _files.OpenReader();
            link.Run("begin");
            await read(link).ConfigureAwait(false);
        }
        catch (SqliteException e)
        {
            throw SqliteFailure.Of(e, _files.Database);
        }
    }

    /// <summary>Closes the connections; those in use close as they come back.</summary>
    public void Dispose()
    {
        _idle.Writer.TryComplete();
        while (_idle.Reader.TryRead(out var link))
        {
            link.Dispose();
        }
    }

    private async ValueTask<SqliteLink> TakeAsync(CancellationToken cancellationToken)
    {
        _files.RequireWhole();
        try
        {
            return await _idle.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (ChannelClosedException)
        {
            throw Closed();
        }
    }

    private static StoreUnavailableException Closed() => new("The store is closed.");

    private void End(SqliteLink link)
    {
        if (link.InTransaction)
        {
            link.Run("rollback");
        }

        if (!_idle.Writer.TryWrite(link))
        {
            link.Dispose();
        }
    }
}
