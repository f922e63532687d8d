using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Rescind.Verifier.Connections.Hubs;

/// <summary>What a hub method streams, in one of the two forms that SignalR knows, of items of one type.</summary>
internal abstract class HubStreams
{
    /// <summary>For a parameter or a result of this type; null if that is no stream.</summary>
    public static HubStreams? Of(Type type)
    {
        if (Find(type, typeof(IAsyncEnumerable<>), type.GetInterfaces()) is { } items)
        {
            return (HubStreams)Activator.CreateInstance(typeof(Sequences<>).MakeGenericType(items))!;
        }

        return Find(type, typeof(ChannelReader<>), BasesOf(type)) is { } read
            ? (HubStreams)Activator.CreateInstance(typeof(ChannelReaders<>).MakeGenericType(read))!
            : null;
    }

    /// <summary>
    /// The same stream, which gives an item only while it may; <paramref name="mayAsync"/> waits for that, or throws.
    /// </summary>
    public abstract object Hold(object stream, Func<bool> may, Func<CancellationToken, ValueTask> mayAsync);

    private static Type? Find(Type type, Type wanted, IEnumerable<Type> others) => others.Prepend(type)
        .FirstOrDefault(one => one.IsGenericType && one.GetGenericTypeDefinition() == wanted)?.GenericTypeArguments[0];

    private static IEnumerable<Type> BasesOf(Type type)
    {
        for (var one = type.BaseType; one is not null; one = one.BaseType)
        {
            yield return one;
        }
    }

    private sealed class Sequences<T> : HubStreams
    {
        public override object Hold(object stream, Func<bool> may, Func<CancellationToken, ValueTask> mayAsync) =>
            HoldAsync((IAsyncEnumerable<T>)stream, mayAsync);

        private static async IAsyncEnumerable<T> HoldAsync(
            IAsyncEnumerable<T> items, Func<CancellationToken, ValueTask> mayAsync,
            [EnumeratorCancellation] CancellationToken cancellation = default)
        {
            await foreach (var item in items.WithCancellation(cancellation).ConfigureAwait(false))
            {
                await mayAsync(cancellation).ConfigureAwait(false);
                yield return item;
            }
        }
    }

    private sealed class ChannelReaders<T> : HubStreams
    {
        public override object Hold(object stream, Func<bool> may, Func<CancellationToken, ValueTask> mayAsync) =>
            new HeldReader((ChannelReader<T>)stream, may, mayAsync);

        private sealed class HeldReader(
            ChannelReader<T> inner, Func<bool> may, Func<CancellationToken, ValueTask> mayAsync)
            : ChannelReader<T>
        {
            public override Task Completion => inner.Completion;

            public override bool CanCount => inner.CanCount;

            public override int Count => inner.Count;

            public override bool TryRead([MaybeNullWhen(false)] out T item)
            {
                item = default;
                return may() && inner.TryRead(out item);
            }

            public override async ValueTask<bool> WaitToReadAsync(CancellationToken cancellationToken = default)
            {
                do
                {
                    if (!await inner.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
                    {
                        return false;
                    }

                    await mayAsync(cancellationToken).ConfigureAwait(false);
                }
                while (!may());
                return true;
            }
        }
    }
}
