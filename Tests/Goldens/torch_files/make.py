#!/usr/bin/env python3
"""Makes files the way PyTorch and the programs around it write them, and beside each a .safetensors with what it holds.

    pip install torch==2.13 safetensors numpy && python make.py

Classes of mmengine stand in under their own module's name: a pickle holds names only.
"""
import argparse, collections, datetime, os, pathlib, sys, types
import numpy as np, torch
from safetensors.torch import save_file

HERE = os.path.dirname(os.path.abspath(__file__))
DTYPES = [torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64, torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.bool]


def at(name):
    return os.path.join(HERE, name)


def expect(name, tensors, metadata=None):
    save_file({k: v.detach().clone().contiguous() for k, v in tensors.items()}, at(name + '.safetensors'), metadata)


def history_buffer():
    """mmengine's class as its pickles show it: an array, and functions of the class."""
    source = '''
class HistoryBuffer:
    def __init__(self, values):
        self.max_length = 1000000
        self._log_history = np.array(values)
        self._count_history = np.ones(len(values))
    def mean(self): return self._log_history.mean()
    def min(self): return self._log_history.min()
    def __getstate__(self): return dict(self.__dict__, statistics_methods={'mean': HistoryBuffer.mean, 'min': HistoryBuffer.min})
'''
    module = types.ModuleType('mmengine.logging.history_buffer')
    module.np = np
    for name in ['mmengine', 'mmengine.logging']:
        sys.modules[name] = types.ModuleType(name)
    sys.modules[module.__name__] = module
    exec(source, module.__dict__)
    module.HistoryBuffer.__module__ = module.__name__
    return module.HistoryBuffer([0.5, 0.25])


def every_type():
    values = torch.arange(-3, 9).reshape(3, 4)
    state = collections.OrderedDict((str(d).split('.')[1], (values.abs() if d == torch.uint8 else values > 0 if d == torch.bool else values / 4 if d.is_floating_point else values).to(d)) for d in DTYPES)
    base = torch.randn(4, 6)
    state['columns'] = base.t()
    state['window'] = base[1:3, 1:5:2]
    state['tied'] = base
    state['channels_last'] = torch.randn(2, 3, 4, 5).to(memory_format=torch.channels_last)
    state['scalar'] = torch.tensor(2.5)
    state['empty'] = torch.zeros(0, 3)
    state['parameter'] = torch.nn.Parameter(torch.randn(2, 2))
    state['frozen'] = torch.nn.Parameter(torch.randn(2), requires_grad=False)
    state['é.weight'] = torch.randn(1)
    state['tagged'] = torch.randn(2)
    state['tagged'].origin = 'a tensor with an attribute'
    state['tagged_parameter'] = torch.nn.Parameter(torch.randn(2))
    state['tagged_parameter'].origin = 'a parameter with an attribute'
    state['nothing'] = None
    state['text'] = 'ignored'
    return state


def model():
    m = torch.nn.Sequential(collections.OrderedDict(stem=torch.nn.Conv2d(3, 2, 3), norm=torch.nn.BatchNorm2d(2), head=torch.nn.Linear(2, 2)))
    for p in m.parameters():
        p.grad = torch.randn_like(p)
    return m


def adam(m):
    optimizer = torch.optim.AdamW(m.parameters(), lr=1e-4)
    optimizer.step()
    return optimizer.state_dict()


class Block(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = torch.nn.Conv2d(2, 2, 1)
        self.register_buffer('mask', torch.triu(torch.ones(3, 3)))
        self.sizes = [1, 2, 3]
        self.scale = 0.5

    def forward(self, x):
        return self.conv(x) * self.scale + float(self.sizes[0])


class Scripted(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.blocks = torch.nn.ModuleList([Block(), Block()])
        self.norm = torch.nn.BatchNorm2d(2)
        self.positional_embedding = torch.nn.Parameter(torch.randn(2, 4))
        self.register_buffer('input_resolution', torch.tensor(224))
        self.names = ['a', 'b']
        self.table = {'a': 1}

    def forward(self, x):
        for block in self.blocks:
            x = block(x)
        return self.norm(x)


def main():
    torch.manual_seed(0)
    state = every_type()
    tensors = {k: v for k, v in state.items() if isinstance(v, torch.Tensor)}
    torch.save(state, at('types.pth'))
    expect('types', tensors)
    torch.save(state, at('legacy.pth'), _use_new_zipfile_serialization=False)
    expect('legacy', tensors)
    for protocol in [1, 3, 4, 5]:
        small = {'weight': torch.randn(2, 3).half(), 'steps': torch.tensor(3), 'names': ('a', b'b', {1, 2}, 1 << 70, -5, 1 << 40, bytearray(3))}
        torch.save(small, at(f'protocol{protocol}.pth'), pickle_protocol=protocol)
        expect(f'protocol{protocol}', {k: small[k] for k in ['weight', 'steps']})
    torch.serialization.set_crc32_options(False)
    torch.save({'weight': torch.ones(3)}, at('no_checksums.pth'))
    torch.serialization.set_crc32_options(True)
    expect('no_checksums', {'weight': torch.ones(3)})

    m = model()
    meta = dict(env_info='sys.platform: linux', seed=None, exp_name='fpn.py', epoch=12, iter=80000, mmcv_version='1.3.17', mmseg_version='0.19.0',
                config='model = dict(type="DenseCLIP")\n', CLASSES=('wall', 'building', 'sky'), PALETTE=[[120, 120, 120], [180, 120, 120], [6, 230, 230]],
                hook_msgs=dict(best_score=np.float64(0.5), last_ckpt='/a'), time=datetime.datetime(2022, 1, 1))
    torch.save(dict(meta=meta, state_dict=m.state_dict(), optimizer=adam(m)), at('mmcv.pth'))
    expect('mmcv', m.state_dict(), dict(
        classes='["wall","building","sky"]', palette='[[120,120,120],[180,120,120],[6,230,230]]', mmcv_version='1.3.17', mmseg_version='0.19.0',
        iter='80000', epoch='12', config='model = dict(type="DenseCLIP")\n'))

    meta = dict(cfg='model = dict()\n', dataset_meta=dict(classes=('road', 'sidewalk'), palette=[(128, 64, 128), (244, 35, 232)], label_map=None),
                seed=1, experiment_name='run', time='20240101', mmengine_version='0.10.1', epoch=0, iter=40000)
    hub = dict(log_scalars=collections.OrderedDict({'train/loss': history_buffer()}), runtime_info=collections.OrderedDict(
        loop_stage='train', best=np.float32(1), where=pathlib.PosixPath('/a'), args=argparse.Namespace(lr=0.1)), resumed_keys={})
    schedulers = [dict(step_size=np.int64(3), _get_lr_called_within_step=False)]
    ema = {'module.' + k: v + 1 for k, v in m.state_dict().items()}
    torch.save(dict(meta=meta, state_dict=m.state_dict(), message_hub=hub, optimizer=adam(m), param_schedulers=schedulers, ema_state_dict=ema), at('mmengine.pth'))
    expect('mmengine', m.state_dict(), dict(
        classes='["road","sidewalk"]', palette='[[128,64,128],[244,35,232]]', mmengine_version='0.10.1', iter='40000', epoch='0', config='model = dict()\n'))

    torch.save(dict(epoch=3, arch='vit', args=argparse.Namespace(device=torch.device('cpu'), dtype=torch.float32, shape=torch.Size([1, 2])), model=m.state_dict()), at('model.pth'))
    expect('model', m.state_dict())
    nested = dict(model=dict(state_dict={'module.' + k: v for k, v in m.state_dict().items()}, ema={'a': torch.ones(1)}, epoch=1))
    torch.save(nested, at('data_parallel.pth'))
    expect('data_parallel', m.state_dict())
    torch.save({'weight': torch.ones(2), 'count': 3, 'scale': 0.1, 'flag': True}, at('numbers.pth'))
    expect('numbers', {'weight': torch.ones(2), 'count': torch.tensor(3), 'scale': torch.tensor(0.1, dtype=torch.float64)})

    scripted = torch.jit.script(Scripted().half().eval())
    torch.jit.save(scripted, at('scripted.pt'))
    expect('scripted', torch.jit.load(at('scripted.pt')).state_dict())

    torch.save(m, at('whole_module.pth'))
    torch.save({'ema_state_dict': m.state_dict()}, at('ema_only.pth'))
    torch.save(torch.ones(2), at('bare_tensor.pth'))
    torch.save({'weight': torch.ones(2).to(torch.float8_e4m3fn)}, at('float8.pth'))
    torch.save({'weight': torch.ones(2, dtype=torch.complex64)}, at('complex.pth'))


main()
