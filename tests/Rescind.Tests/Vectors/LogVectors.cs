
namespace Rescind.Tests.Vectors;

public sealed class LogVectors
{
    [Fact]
    public void Every_entry_has_the_canonical_bytes_and_the_chain_of_the_vectors()
    {
        foreach (var one in VectorFile.Cases("log.json"))
        {
            var chain = LogChain.Start(one.Text("epoch")!);
            chain.ToString().ShouldBe(one.Text("start"));
            foreach (var step in one.GetProperty("entries").EnumerateArray())
            {
                var entry = FeedReader.Entry(step.GetProperty("entry"));
                Convert.ToHexStringLower(LogCodec.Encode(entry)).ShouldBe(step.Text("bytes"), one.Text("name"));
                chain = chain.Then(entry);
                chain.ToString().ShouldBe(step.Text("chain"));
            }
        }
    }

    [Fact]
    public void SipHash_gives_the_reference_hashes()
    {
        foreach (var one in VectorFile.Cases("siphash.json"))
        {
            var key = Convert.FromHexString(one.Text("key")!);
            var message = Convert.FromHexString(one.Text("message")!);
            var hash = new SipHash(new(BitConverter.ToUInt64(key), BitConverter.ToUInt64(key, 8)));
            var whole = message.Length / 8 * 8;
            hash.Padded(message.AsSpan(0, whole));

            var bytes = new byte[16];
            System.Buffers.Binary.BinaryPrimitives.WriteUInt128LittleEndian(bytes, hash.Finish(whole / 8, message.AsSpan(whole)));

            Convert.ToHexStringLower(bytes).ShouldBe(one.Text("hash"), one.Text("message"));
        }
    }
}
