using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;

namespace Rescind.Verifier.Connections.Streams;

/// <summary>
/// A request body of which the app gets nothing while the connection is held, and nothing more once it is shut: not its
/// end either.
/// </summary>
internal sealed class JudgedBody(PipeReader inner, LiveConnection connection) : PipeReader, IRequestBodyPipeFeature
{
    public PipeReader Reader => this;

    /// <summary>How the app is told that nothing more passes.</summary>
    public static OperationCanceledException Over() => new("The token of this connection is no longer valid.");

    public override void AdvanceTo(SequencePosition consumed) => inner.AdvanceTo(consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined) => inner.AdvanceTo(consumed, examined);

    public override void CancelPendingRead() => inner.CancelPendingRead();

    public override void Complete(Exception? exception = null) => inner.Complete(exception);

    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        var result = await inner.ReadAsync(cancellationToken).ConfigureAwait(false);
        if (result is { Buffer.IsEmpty: true, IsCompleted: false })
        {
            return result;
        }

        var passes = false;
        try
        {
            passes = await connection.PassAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            if (!passes)
            {
                inner.AdvanceTo(result.Buffer.Start);
            }
        }

        return passes ? result : throw Over();
    }

    public override bool TryRead(out ReadResult result)
    {
        var isRead = inner.TryRead(out result);
        if (!isRead || result is { Buffer.IsEmpty: true, IsCompleted: false } || connection.Look() is DeliveryState.Open)
        {
            return isRead;
        }

        inner.AdvanceTo(result.Buffer.Start);
        result = default;
        return false;
    }
}
