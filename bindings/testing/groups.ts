import type { SubgroupDescription } from '../engine/engine.js'
import { powerModulo } from '../engine/power.js'

/** A group from hexadecimal p and q; its generator is 2^((p-1)/q). */
function custom(pDigits: string, qDigits: string): SubgroupDescription {
  const [p, q] = [pDigits, qDigits].map((digits) => BigInt('0x' + digits.replace(/\s/g, ''))) as [bigint, bigint]
  return { p, q, g: powerModulo(2n, (p - 1n) / q, p) }
}

/**
 * Subgroups that nobody recommends, for tests only, by bits of p and q. Those called `high` lie just below a power of
 * two, for carries as long as there are; those called `low` just above one. Some sizes fill no whole byte or limb.
 */
export const customGroups: Readonly<Record<string, SubgroupDescription>> = {
  '1024/160 high': custom(
    `
      ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff
      fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe07ffffffff
      fffffffd7d823a1f0000000000005c89
    `,
    'ffffffffffffffffffffffffffffffffffffffd1',
  ),
  '1091/171': custom(
    `
      5af782e4aad36d9a84d8cafcb7588144b2d3fa43bd8b6538e877d32e85501981d03326846579245a3688b75c3621d48877a8740d48a36e3c
      43dc7cef738668217c3cb83a86e2383cd62778acfee5d88e1e8798cc07709e869b0a03bb66bab077e83433b5e24d85d30bdc6182678cb9f6
      e31f3dcf029ad790c4cc679ef20d4e1abde8ff1ad1b5a4937
    `,
    '5e9e8ec63f03f7a219e0420e5acc3ad7d084809fbf7',
  ),
  '1536/224': custom(
    `
      9fc1685442209e4bf8fd635f5e650c66b0dd1ca62b1e104505afa06b963cd0d315e291585a21a8bbdf5441c3faf70e686c7044b938e054f0
      0306bd7d362485d4ae092705a25afeaae020fdb200a932bdabe2e8e9888213681c561f7d7d62fbcee5ff11db14514acbddf939d714f8e427
      19fff2e223af2bfe8e5217db18199c684708ac0373b03d9d6e1c666c74da215b84277ec734389ce3973121260a982ba082652e7ab9bae572
      42a3bebcde03f189cd2044a159d8de64adb9f854ad5d6dbf
    `,
    '9642445c84f3fe670ba271710e82c960c76d37e73954ea9f96d4733f',
  ),
  '2048/224 low': custom(
    `
      8000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000
      0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000
      0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000
      0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000
      000002b3000000000000000000000000000010ae7a58bb039df1dd000003fc4f
    `,
    '800000000000000000000000000000000000000000000000000000bd',
  ),
  '2049/256 low': custom(
    `
      1000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000
      0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000
      0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000
      0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000028
      88616f7886b558bd13400d84edd8cd611c425b64325e7892bac773f48b300af35
    `,
    'd4ca6385535a365ea1bc7b694c5a8865311903e47eb480bb41237e008518fd1d',
  ),
  '2400/256': custom(
    `
      852d9b2b3a0230d7f078827771b434876188807d4d3487f250ddd3ef6126983c8e70a19376ea617bd4a02538b6aca02b47a9d7ccf7ccef44
      9e7280b768c536b029c8e45e96cf1d6bf157232ba422d208cb7586f846c87c3d9778f4e38945db1fd47e083951bc30c6692b80feda28f309
      fc0509a891f87cb60622bcdbf184fcb636090f438d58263f45a735cfc210e6ff69d6ac0aaeb9da01e4c3fb0891ceae7f584c68244daafa06
      285ef05e2f976eefbd44bbff6ad73afabd6a9a305f07401e589cd6e28ecbe6c497e4f27d5219978cacfc13719b2b2166771e4c056b0d4b92
      1d26b60e4e17a36c427ef4cda0140b71de3e042925be2f487e668f4614c5e8229cffc67240230f3b5eb1c5f41694e29f917a5750d58fac95
      f372e0b5b2e987cc606edabe7527458486a40709
    `,
    'eed37fa60182b75a165cfa335cd9d031587eb680e67be814df76374ea151cf61',
  ),
  '3072/256 high': custom(
    `
      ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff
      ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff
      ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff
      ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff
      ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff
      ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff
      fffffffffffffffffffffffffffff7f2fffffffffffffffffffffffffffffffffffffffff94987a32bafcc5db27f88a9
    `,
    'ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff43',
  ),
  '4096/256': custom(
    `
      efb808b7649620e6fd2c5df036cdcb779f8e6575d2e23d8e861c73b06bd261ece8e45698e38e0ce7d0669a279bfc693fcf9f89386d81e1a0
      4c9470820a4687ab7d45b631d175d4c6b48757a6f572ac9b4efdff237ed5cb981777e9a6902a5438dfbcaca5180728af9ae05daa146ae8d4
      328722e59e627d6f11970a3589eb16c3724c358265eb249130bcd95dba69963eaf04d76e928b21196e42d97718cc13d6ee728663dc491268
      2dbd9007e8f56ee65522dce8e1ad6cb97eba019c32627c3eb79bdf8c0f2764076c322fd687e2f56f2a4b43214e67b40dc29a7783c12df638
      32f1039adad98602e61bf0740ffdf3a4969e09f4269c02466b4c65bb9d18c3d7f790c5310469b0465951f0d793be5b55fe4fd972d480b8b9
      00a13b054ecbbc1755f05cff9f70e75e9b1f544dab0b6fe1c1bbec47707dc207e68308037a3c09ebd57208fdb24cf53ac682d3e207ee507f
      af96df2a7fc9cf2c6831eb76b0455273c1c6768cc53bf559afcec09465b8f38af202eb50ea57dff42857d5a8d77ac917d721572bc045fe1a
      c14d3a5d5a6c85ba4b74f33921503f5e358b2932ee0d48875f6f8993a14eb3e2b591e59c0ab1d250ef3b432db174ebc940c9f253db1fc729
      b853063146a8ecba05759c9510c84daf9bcd6126fa9cdee7daee5759bcab2bcfeac92c4cd4c10e6690a6a7b792e56688b6881edac11350d8
      746b57ffdbd16d3f
    `,
    'd4105c476bcd9115986aad7f1116ae17fb397f4e4984764c264ab2890469c931',
  ),
  '4096/512 high': custom(
    `
      ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff
      ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff
      ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff
      ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff
      ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff
      ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff
      ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff
      fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc84
      fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffdac
      5e127cf0217763a3
    `,
    `
      ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff
      fffffffffffffdc7
    `,
  ),
}
